import type { Cluster, ClusterId, ClusterMode, Labels, ReservedCidr } from '@netplane/domain';
import { rfc3339 } from '../client/pool.ts';
import { type StatusRow, statusFromRow } from '../client/status-row.ts';

interface ReservedCidrRow {
  readonly cidr: string;
  readonly reserved_by: string;
}

export interface ClusterRow extends StatusRow {
  readonly id: ClusterId;
  readonly name: string;
  readonly mode: ClusterMode;
  readonly kube_system_uid: string | null;
  readonly seen_kube_system_uid: string | null;
  readonly epoch: number;
  readonly capabilities: readonly string[];
  readonly project_cidr_pool: string;
  readonly project_cidr_prefix: number;
  readonly configured_reserved_cidrs: readonly ReservedCidrRow[];
  readonly surveyed_reserved_cidrs: readonly ReservedCidrRow[];
  readonly unasked_disruptions: number;
  readonly unasked_since: string | null;
  readonly held_disruptions: number;
  readonly labels: Labels;
  readonly revision: number;
  readonly created_at: string;
  readonly updated_at: string;
  readonly deleting_at: string | null;
}

export function clusterFromRow(row: ClusterRow): Cluster {
  return {
    id: row.id,
    name: row.name,
    mode: row.mode,
    kubeSystemUid: row.kube_system_uid,
    seenKubeSystemUid: row.seen_kube_system_uid,
    capabilities: row.capabilities,
    projectCidrPool: row.project_cidr_pool,
    projectCidrPrefix: row.project_cidr_prefix,
    reservedCidrs: mergeReserved([...row.configured_reserved_cidrs, ...row.surveyed_reserved_cidrs]),
    heldDisruptions: row.held_disruptions,
    labels: row.labels,
    revision: row.revision,
    createdAt: rfc3339(row.created_at),
    updatedAt: rfc3339(row.updated_at),
    status: statusFromRow(row),
  };
}

/** Each CIDR once, with all its names in their order: `management pods, subnet ovn-default`. */
function mergeReserved(rows: readonly ReservedCidrRow[]): readonly ReservedCidr[] {
  const names = new Map<string, Set<string>>();
  for (const { cidr, reserved_by: name } of rows) {
    names.set(cidr, (names.get(cidr) ?? new Set()).add(name));
  }
  return [...names].map(([cidr, of]) => ({ cidr, reservedBy: [...of].join(', ') }));
}
