import type { CreateOrganizationBody } from '../../../apps/api/src/organization/organization.schema.ts';
import { uniqueName } from './unique-name.ts';

/** Body of `POST /v1/organizations`; later changes win. */
export function organizationBody(
  ...changes: readonly Partial<CreateOrganizationBody>[]
): CreateOrganizationBody {
  return Object.assign({ name: uniqueName('org') }, ...changes);
}
