import { presentId, type RoleBinding } from '@netplane/domain';
import { presentedResource } from '../plugins/resource/presented.ts';

export function presentRoleBinding(binding: RoleBinding) {
  return presentedResource('role-binding', binding, {
    organization_id: presentId('organization', binding.organizationId),
    issuer_id: presentId('issuer', binding.issuerId),
    subject: binding.subject,
    group: binding.group,
    role: binding.role,
  });
}
