import type { ClusterId, ExternalNetworkId, IpRange, IpRangeId, Labels, Reservation } from '@netplane/domain';
import { rfc3339 } from '../client/pool.ts';
import { type StatusRow, statusFromRow } from '../client/status-row.ts';

export interface IpRangeRow extends StatusRow {
  readonly id: IpRangeId;
  readonly external_network_id: ExternalNetworkId;
  readonly cluster_id: ClusterId;
  readonly first: string;
  readonly last: string;
  readonly reservations: readonly Reservation[];
  readonly manage_exclude_ips: boolean;
  readonly loaded_at: string | null;
  readonly labels: Labels;
  readonly revision: number;
  readonly created_at: string;
  readonly updated_at: string;
  readonly deleting_at: string | null;
}

export function ipRangeFromRow(row: IpRangeRow): IpRange {
  return {
    id: row.id,
    externalNetworkId: row.external_network_id,
    clusterId: row.cluster_id,
    first: row.first,
    last: row.last,
    reservations: row.reservations,
    manageExcludeIps: row.manage_exclude_ips,
    labels: row.labels,
    revision: row.revision,
    createdAt: rfc3339(row.created_at),
    updatedAt: rfc3339(row.updated_at),
    status: statusFromRow(row),
  };
}
