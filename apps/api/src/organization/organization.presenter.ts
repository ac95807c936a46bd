import type { Organization } from '@netplane/domain';
import { presentedResource } from '../plugins/resource/presented.ts';

export function presentOrganization(organization: Organization) {
  return presentedResource('organization', organization, {
    name: organization.name,
    display_name: organization.displayName,
  });
}
