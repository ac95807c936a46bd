import type { Labels, Organization, OrganizationId } from '@netplane/domain';
import { rfc3339 } from '../client/pool.ts';

export interface OrganizationRow {
  readonly id: OrganizationId;
  readonly name: string;
  readonly display_name: string | null;
  readonly labels: Labels;
  readonly revision: number;
  readonly created_at: string;
  readonly updated_at: string;
}

export function organizationFromRow(row: OrganizationRow): Organization {
  return {
    id: row.id,
    name: row.name,
    displayName: row.display_name,
    labels: row.labels,
    revision: row.revision,
    createdAt: rfc3339(row.created_at),
    updatedAt: rfc3339(row.updated_at),
  };
}
