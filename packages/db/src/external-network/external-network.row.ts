import type {
  ClusterId,
  ExternalNetwork,
  ExternalNetworkId,
  Family,
  Labels,
  NetworkType,
} from '@netplane/domain';
import { rfc3339 } from '../client/pool.ts';
import { type StatusRow, statusFromRow } from '../client/status-row.ts';

export interface ExternalNetworkRow extends StatusRow {
  readonly id: ExternalNetworkId;
  readonly cluster_id: ClusterId;
  readonly name: string;
  readonly type: NetworkType;
  readonly family: Family;
  readonly cidr: string;
  readonly gateway: string;
  readonly vlan_id: number | null;
  readonly provider_network: string | null;
  readonly adopt_subnet: string | null;
  readonly labels: Labels;
  readonly revision: number;
  readonly created_at: string;
  readonly updated_at: string;
  readonly deleting_at: string | null;
}

export function externalNetworkFromRow(row: ExternalNetworkRow): ExternalNetwork {
  return {
    id: row.id,
    clusterId: row.cluster_id,
    name: row.name,
    type: row.type,
    family: row.family,
    cidr: row.cidr,
    gateway: row.gateway,
    vlanId: row.vlan_id,
    providerNetwork: row.provider_network,
    adoptSubnet: row.adopt_subnet,
    labels: row.labels,
    revision: row.revision,
    createdAt: rfc3339(row.created_at),
    updatedAt: rfc3339(row.updated_at),
    status: statusFromRow(row),
  };
}
