import type { Role } from '../access/actor.ts';
import type { IssuerId, OrganizationId, RoleBindingId } from '../primitives/ids.ts';
import type { Labels } from '../primitives/labels.ts';

/** A role of an organization for one subject of an issuer, or for all tokens of the issuer with a group. */
export interface RoleBinding {
  readonly id: RoleBindingId;
  readonly organizationId: OrganizationId;
  readonly issuerId: IssuerId;
  readonly subject: string | null;
  readonly group: string | null;
  readonly role: Role;
  readonly labels: Labels;
  readonly revision: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}
