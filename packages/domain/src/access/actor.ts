import type { IssuerId, OrganizationId } from '../primitives/ids.ts';

export const roles = ['owner', 'developer', 'viewer'] as const;
export type Role = (typeof roles)[number];

export interface Membership {
  readonly organizationId: OrganizationId;
  readonly organizationName: string;
  readonly organizationDisplayName: string | null;
  readonly role: Role;
}

/** Who is calling. A subject is (issuer row, sub), never sub, e-mail or user name alone. */
export interface Actor {
  readonly issuerId: IssuerId;
  readonly issuerUrl: string;
  readonly subject: string;
  readonly email: string | null;
  /** Only ever true for a token of a platform issuer. */
  readonly platformAdmin: boolean;
  readonly memberships: readonly Membership[];
  /** The token's `exp`, RFC 3339. */
  readonly tokenExpiresAt: string;
}

/** The strongest of several roles in one organization. */
export function strongestRole(held: readonly Role[]): Role | undefined {
  return roles.find((role) => held.includes(role));
}
