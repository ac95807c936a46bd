import { type Actor, operationsOf, presentId } from '@netplane/domain';

export function presentMe(actor: Actor) {
  return {
    subject: actor.subject,
    issuer: actor.issuerUrl,
    issuer_id: presentId('issuer', actor.issuerId),
    email: actor.email,
    platform_admin: actor.platformAdmin,
    token_expires_at: actor.tokenExpiresAt,
    organizations: actor.memberships.map((membership) => ({
      id: presentId('organization', membership.organizationId),
      name: membership.organizationName,
      display_name: membership.organizationDisplayName,
      role: membership.role,
      operations: operationsOf(membership.role),
    })),
  };
}
