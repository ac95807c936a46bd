import type {
  ClusterId,
  Eip,
  EipId,
  EipPurpose,
  ExternalNetworkId,
  Family,
  Labels,
  NetworkType,
  OrganizationId,
  ProjectId,
} from '@netplane/domain';
import { rfc3339 } from '../client/pool.ts';
import { type StatusRow, statusFromRow } from '../client/status-row.ts';

/** A row of `eip_view`, or of `eip` as `create_eip` answers it (general ones have no `gateway_project_name`). */
export interface EipRow extends StatusRow {
  readonly id: EipId;
  readonly organization_id: OrganizationId;
  readonly project_id: ProjectId;
  readonly cluster_id: ClusterId;
  readonly external_network_id: ExternalNetworkId;
  readonly name: string;
  readonly network: string;
  readonly network_type: NetworkType;
  readonly family: Family;
  readonly address: string;
  readonly purpose: EipPurpose;
  readonly provisioned_at: string | null;
  readonly labels: Labels;
  readonly revision: number;
  readonly created_at: string;
  readonly updated_at: string;
  readonly deleting_at: string | null;
  readonly gateway_project_name?: string | null;
}

export function eipFromRow(row: EipRow): Eip {
  const isGateway = row.purpose === 'gateway';
  return {
    id: row.id,
    organizationId: row.organization_id,
    projectId: row.project_id,
    clusterId: row.cluster_id,
    name: row.name,
    network: row.network,
    networkId: row.external_network_id,
    networkType: row.network_type,
    family: row.family,
    address: row.address,
    purpose: row.purpose,
    attachedTo: isGateway
      ? [{ kind: 'project', id: row.project_id, name: row.gateway_project_name ?? '' }]
      : [],
    managedBy: isGateway ? { kind: 'project', id: row.project_id } : null,
    provisionedAt: row.provisioned_at === null ? null : rfc3339(row.provisioned_at),
    labels: row.labels,
    revision: row.revision,
    createdAt: rfc3339(row.created_at),
    updatedAt: rfc3339(row.updated_at),
    status: statusFromRow(row),
  };
}
