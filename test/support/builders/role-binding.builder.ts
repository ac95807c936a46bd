import type { CreateRoleBindingBody } from '../../../apps/api/src/role-binding/role-binding.schema.ts';
import { uniqueName } from './unique-name.ts';

/** Body of `POST /v1/role-bindings`: a viewer whom nobody knows; later changes win. */
export function roleBindingBody(
  organizationId: string,
  issuerId: string,
  ...changes: readonly Partial<CreateRoleBindingBody>[]
): CreateRoleBindingBody {
  const holder = changes.some((change) => change.group) ? {} : { subject: uniqueName('subject') };
  return Object.assign(
    { organization_id: organizationId, issuer_id: issuerId, ...holder, role: 'viewer' },
    ...changes,
  );
}
