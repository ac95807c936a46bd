import type {
  Family,
  Labels,
  NetworkType,
  OrganizationId,
  ProjectId,
  Quota,
  QuotaId,
  QuotaResource,
} from '@netplane/domain';
import { rfc3339 } from '../client/pool.ts';

export interface QuotaRow {
  readonly id: QuotaId;
  readonly organization_id: OrganizationId;
  readonly project_id: ProjectId | null;
  readonly resource: QuotaResource;
  /** '' where the resource is not counted by it. */
  readonly network_type: NetworkType | '';
  readonly family: Family | '';
  readonly limit: number;
  readonly used: number;
  readonly labels: Labels;
  readonly revision: number;
  readonly created_at: string;
  readonly updated_at: string;
}

export function quotaFromRow(row: QuotaRow): Quota {
  return {
    id: row.id,
    organizationId: row.organization_id,
    projectId: row.project_id,
    resource: row.resource,
    networkType: row.network_type === '' ? null : row.network_type,
    family: row.family === '' ? null : row.family,
    limit: row.limit,
    used: row.used,
    labels: row.labels,
    revision: row.revision,
    createdAt: rfc3339(row.created_at),
    updatedAt: rfc3339(row.updated_at),
  };
}
