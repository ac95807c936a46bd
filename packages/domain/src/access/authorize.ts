import { NetplaneError } from '../errors.ts';
import type { OrganizationId } from '../primitives/ids.ts';
import type { Actor } from './actor.ts';
import { type Allowed, type Operation, policy, roleMay } from './policy.ts';

/**
 * The organizations that a request may see and act in.
 * `visible` decides what exists for the caller (404 otherwise), `permitted` what it may do (403 otherwise).
 */
export type Scope =
  | { readonly kind: 'platform' }
  | {
      readonly kind: 'tenant';
      readonly visible: readonly OrganizationId[];
      readonly permitted: readonly OrganizationId[];
    };

/**
 * The scope of an operation for this actor.
 * @throws NetplaneError `forbidden` when the operation is the platform's alone and the actor is not its administrator
 */
export function authorize(actor: Actor, operation: Operation): Scope {
  if (actor.platformAdmin) return { kind: 'platform' };
  const allowed: readonly Allowed[] = policy[operation];
  if (allowed.every((who) => who === 'admin')) {
    throw new NetplaneError('forbidden', { params: { operation } });
  }
  return {
    kind: 'tenant',
    visible: actor.memberships.map((membership) => membership.organizationId),
    permitted: actor.memberships
      .filter((membership) => roleMay(membership.role, operation))
      .map((membership) => membership.organizationId),
  };
}

/**
 * For an operation on one organization.
 * @throws NetplaneError `not_found` with the pointer when the caller may not know of it, `forbidden` when it may not act
 */
export function assertPermitted(
  scope: Scope,
  operation: Operation,
  organizationId: OrganizationId,
  pointer?: string,
): void {
  if (scope.kind === 'platform') return;
  if (!scope.visible.includes(organizationId)) {
    throw new NetplaneError('not_found', pointer === undefined ? {} : { errors: [{ pointer }] });
  }
  if (!scope.permitted.includes(organizationId)) {
    throw new NetplaneError('forbidden', { params: { operation } });
  }
}
