import type { Issuer, IssuerAlgorithm, IssuerId, Labels, OrganizationId } from '@netplane/domain';
import { rfc3339 } from '../client/pool.ts';

export interface IssuerRow {
  readonly id: IssuerId;
  readonly organization_id: OrganizationId | null;
  readonly name: string;
  readonly issuer_url: string;
  readonly audiences: readonly string[];
  readonly jwks_uri: string | null;
  readonly algorithms: readonly IssuerAlgorithm[];
  readonly labels: Labels;
  readonly revision: number;
  readonly created_at: string;
  readonly updated_at: string;
}

export function issuerFromRow(row: IssuerRow): Issuer {
  return {
    id: row.id,
    organizationId: row.organization_id,
    name: row.name,
    issuerUrl: row.issuer_url,
    audiences: row.audiences,
    jwksUri: row.jwks_uri,
    algorithms: row.algorithms,
    labels: row.labels,
    revision: row.revision,
    createdAt: rfc3339(row.created_at),
    updatedAt: rfc3339(row.updated_at),
  };
}
