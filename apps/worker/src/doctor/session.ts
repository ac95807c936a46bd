/** What the doctor works with: opened from the worker's settings, read-only where it only looks. */
import { randomUUID } from 'node:crypto';
import { loadClusterByName, openPool, readInstallation, roles } from '@netplane/db';
import { createKubeClient } from '@netplane/k8s-adapter';
import { pino } from 'pino';
import { createArrivals } from '../arrivals.ts';
import type { WorkerSettings } from '../config.ts';
import { CALL_TIMEOUT_MS, type WorkerContext } from '../context.ts';
import { createDiagnosis } from '../diagnosis.ts';
import { assertOwnCluster } from '../installation-mark.ts';
import { createKnownVersions } from '../known-versions.ts';
import { createMetrics } from '../metrics.ts';
import { ClusterIdentityError, readIdentity } from '../session.ts';
import type { LookContext } from './look.ts';

export interface DoctorAccess {
  /** What only looks could not write either. */
  readonly access: 'read' | 'write';
  readonly signal: AbortSignal;
  readonly lookAgainMs: number;
}

export interface DoctorContext extends LookContext, WorkerContext {
  close(): Promise<void>;
}

const APPLICATION = 'netplane-doctor';
const CONNECTIONS = 8;

/**
 * A worker's context that takes no work.
 * @throws Error where database or cluster do not answer, or the cluster is not the one that the rows speak of, or works
 *   for another installation
 */
export async function openDoctor(
  settings: WorkerSettings,
  { access, signal, lookAgainMs }: DoctorAccess,
): Promise<DoctorContext> {
  const database = openPool({
    url: settings.DATABASE_URL,
    role: roles.worker,
    applicationName: APPLICATION,
    connectionsMax: CONNECTIONS,
    isReadOnly: access === 'read',
    onError: () => {}, // whoever uses the connection is told
  });
  try {
    const client = createKubeClient({
      ...(settings.KUBECONFIG === '' ? { inCluster: true } : { kubeconfigPath: settings.KUBECONFIG }),
      ...(settings.KUBE_CONTEXT === '' ? {} : { context: settings.KUBE_CONTEXT }),
    });
    const cluster = await loadClusterByName(database, settings.CLUSTER);
    if (cluster === undefined) throw new Error(`The database has no cluster ${settings.CLUSTER}.`);
    const assertIdentity = async () => {
      const seen = await readIdentity(client);
      if (cluster.kube_system_uid !== null && cluster.kube_system_uid !== seen)
        throw new ClusterIdentityError();
    };
    await assertIdentity();
    const installation = await readInstallation(database);
    await assertOwnCluster({ client, settings, installation, signal });
    const clock = () => performance.now();
    return {
      ...{ settings, database, client, signal, installation, clock, lookAgainMs },
      clusterId: cluster.id,
      holder: `${APPLICATION} ${randomUUID()}`,
      session: { stopReason: async () => null, assertIdentity, forget: () => {} },
      known: createKnownVersions(),
      arrivals: createArrivals(),
      diagnosis: createDiagnosis({ client, clock, signal, timeoutMs: CALL_TIMEOUT_MS }),
      metrics: createMetrics(),
      log: pino({ level: 'silent' }),
      enqueue: async () => {},
      announceStatus: { notify: () => {}, takeTurn: () => false, close: async () => {} },
      async close() {
        client.close();
        await database.end();
      },
    };
  } catch (error) {
    await database.end();
    throw error;
  }
}
