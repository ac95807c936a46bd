/** What every part of the worker gets first. */

import type { Notifier, Pool, WorkKey } from '@netplane/db';
import type { ClusterId } from '@netplane/domain';
import type { KubeClient } from '@netplane/k8s-adapter';
import type { Logger } from 'pino';
import type { Arrivals } from './arrivals.ts';
import type { WorkerSettings } from './config.ts';
import type { Diagnosis } from './diagnosis.ts';
import type { KnownVersions } from './known-versions.ts';
import type { WorkerMetrics } from './metrics.ts';
import type { ClusterSession } from './session.ts';

export interface WorkerContext {
  readonly settings: WorkerSettings;
  readonly database: Pool;
  readonly client: KubeClient;
  readonly clusterId: ClusterId;
  /** UUID that stands on every object of this installation. */
  readonly installation: string;
  /** This process, in leases and duties. */
  readonly holder: string;
  readonly session: ClusterSession;
  readonly known: KnownVersions;
  readonly arrivals: Arrivals;
  readonly diagnosis: Diagnosis;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
  readonly metrics: WorkerMetrics;
  readonly log: Logger;
  /** Aborted when the process stops. */
  readonly signal: AbortSignal;
  /** Asks for these again and wakes the loops of all workers of the cluster. */
  readonly enqueue: (keys: readonly WorkKey[]) => Promise<void>;
  /** Tells waiting API requests that a status changed. */
  readonly announceStatus: Notifier;
}

/** The cluster's own work. */
export function clusterKey(clusterId: ClusterId): WorkKey {
  return { kind: 'cluster', id: clusterId, organizationId: null };
}

/** How long one call to the cluster may take; a lease must outlive it. */
export const CALL_TIMEOUT_MS = 5_000;
