/**
 * Whether this worker may write to its cluster. It may not when the cluster is observed, is another one than the rows
 * speak of, knows a later time than the database, or waits for a confirmation (ARCHITECTURE.md, "Safety of live clusters").
 */
import { loadCluster, noteIdentity, type Pool } from '@netplane/db';
import type { ClusterId, Reason } from '@netplane/domain';
import { type KubeClient, kubeTypes } from '@netplane/k8s-adapter';

export type StopReason = Extract<
  Reason,
  'ClusterIdentityChanged' | 'ClusterObserved' | 'DatabaseBehind' | 'PlanHeld'
>;

export interface ClusterSession {
  /** Why nothing is written now; `null` when writing is allowed. */
  stopReason(): Promise<StopReason | null>;
  /** @throws ClusterIdentityError unless a live read says that the cluster is the recorded one */
  assertIdentity(): Promise<void>;
  /** What was read is old: something about the cluster row changed. */
  forget(): void;
}

export class ClusterIdentityError extends Error {
  constructor() {
    super('the cluster is not the one that the rows speak of');
    this.name = 'ClusterIdentityError';
  }
}

export interface SessionOptions {
  readonly database: Pool;
  readonly client: KubeClient;
  readonly clusterId: ClusterId;
  readonly clock: () => number;
}

const ROW_MAX_AGE_MS = 1_000;
const IDENTITY_MAX_AGE_MS = 5_000;
const IDENTITY_NAMESPACE = 'kube-system';

export function createSession(options: SessionOptions): ClusterSession {
  const { database, client, clusterId, clock } = options;
  let row: { readonly reason: StopReason | null; readonly uid: string | null } | undefined;
  let rowReadAt = Number.NEGATIVE_INFINITY;
  let identityReadAt = Number.NEGATIVE_INFINITY;

  async function readRow() {
    // only a permission is remembered: what stops the work may be over by now
    if (row?.reason === null && clock() - rowReadAt < ROW_MAX_AGE_MS) return row;
    const cluster = await loadCluster(database, clusterId);
    const reason = cluster === undefined ? 'ClusterObserved' : stopReasonOf(cluster);
    row = { reason, uid: cluster?.kube_system_uid ?? null };
    rowReadAt = clock();
    return row;
  }

  return {
    async stopReason() {
      return (await readRow()).reason;
    },
    async assertIdentity() {
      if (clock() - identityReadAt < IDENTITY_MAX_AGE_MS) return;
      const seen = await readIdentity(client);
      await noteIdentity(database, clusterId, seen);
      row = undefined;
      const { uid } = await readRow();
      if (uid !== seen) throw new ClusterIdentityError();
      identityReadAt = clock();
    },
    forget() {
      row = undefined;
      identityReadAt = Number.NEGATIVE_INFINITY;
    },
  };
}

interface ClusterState {
  readonly mode: string;
  readonly seen_kube_system_uid: string | null;
  readonly seen_epoch: number | null;
  readonly held_disruptions: number;
  readonly is_copy: boolean;
  readonly needs_survey: boolean;
}

/** Why nothing may be written, by what the row says. */
function stopReasonOf(cluster: ClusterState): StopReason | null {
  return operatorReasonOf(cluster) ?? (cluster.needs_survey ? 'DatabaseBehind' : null);
}

/** The same without what the worker sees to by itself: taking over the cluster, and comparing addresses with it. */
export function operatorReasonOf(cluster: ClusterState): StopReason | null {
  if (cluster.seen_kube_system_uid !== null) return 'ClusterIdentityChanged';
  if (cluster.is_copy && cluster.mode === 'manage') return 'DatabaseBehind';
  if (cluster.mode === 'observe') return cluster.seen_epoch === null ? 'ClusterObserved' : 'DatabaseBehind';
  return cluster.held_disruptions > 0 ? 'PlanHeld' : null;
}

/** UID of the `kube-system` Namespace: it lives as long as the cluster. */
export async function readIdentity(client: KubeClient): Promise<string> {
  const namespace = await client.get(kubeTypes.Namespace, { namespace: null, name: IDENTITY_NAMESPACE });
  const uid = namespace?.metadata.uid;
  if (uid === undefined) throw new Error(`the cluster has no Namespace ${IDENTITY_NAMESPACE}`);
  return uid;
}
