import type { IssuerId, OrganizationId } from '../primitives/ids.ts';
import type { Labels } from '../primitives/labels.ts';

/** Signature algorithms that an issuer may use: asymmetric ones only. */
export const issuerAlgorithms = ['ES256', 'ES384', 'ES512', 'RS256', 'PS256', 'EdDSA'] as const;
export type IssuerAlgorithm = (typeof issuerAlgorithms)[number];

/** An OIDC issuer whose access tokens are accepted: the platform's, or bound to one organization. */
export interface Issuer {
  readonly id: IssuerId;
  /** `null` is the platform's: its tokens may act in every organization that binds them. */
  readonly organizationId: OrganizationId | null;
  readonly name: string;
  /** The `iss` claim, compared exactly. */
  readonly issuerUrl: string;
  /** A token's `aud` must hold one of these. */
  readonly audiences: readonly string[];
  /** `null`: found by OIDC discovery. */
  readonly jwksUri: string | null;
  readonly algorithms: readonly IssuerAlgorithm[];
  readonly labels: Labels;
  readonly revision: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}
