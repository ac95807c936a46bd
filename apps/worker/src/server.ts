/** The worker process: everything opened from settings, started, and stopped in order. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  channels,
  createNotifier,
  enqueueAll,
  listen,
  loadClusterByName,
  openPool,
  type Pool,
  readInstallation,
  roles,
} from '@netplane/db';
import type { ClusterId } from '@netplane/domain';
import { createKubeClient } from '@netplane/k8s-adapter';
import { type Logger, pino } from 'pino';
import { startAdmin } from './admin.ts';
import { createArrivals } from './arrivals.ts';
import type { WorkerSettings } from './config.ts';
import { CALL_TIMEOUT_MS, type WorkerContext } from './context.ts';
import { watchDatabaseClock } from './database-clock.ts';
import { createDiagnosis } from './diagnosis.ts';
import { runEach, runShared, runWhileHeld } from './duties.ts';
import { keepEpoch } from './epoch.ts';
import { assertOwnCluster, ForeignInstallationError } from './installation-mark.ts';
import { createKnownVersions } from './known-versions.ts';
import { startLoop } from './loop.ts';
import { createMetrics } from './metrics.ts';
import { reconcile } from './reconcile.ts';
import { enqueueAgain, housekeeping, measuring } from './resync.ts';
import { createSession, readIdentity } from './session.ts';
import { watchCluster } from './watch.ts';

export interface RunningWorker {
  readonly adminUrl: string;
  /** Resolves when it has ended and closed everything, by `stop` or because it could not go on. */
  readonly done: Promise<void>;
  /** Finishes or puts back what is running, then closes. */
  stop(): Promise<void>;
}

const APPLICATION = 'netplane-worker';
const NOTIFY_INTERVAL_MS = 10;
const WAIT_MS = 500;
const STARTUP_RESYNC_SECONDS = 2;
/** Lines are written at once: those that wait are lost with the process, and keep it from ending where nobody reads. */
const STDOUT = { sync: true };

export async function startWorker(settings: WorkerSettings): Promise<RunningWorker> {
  const log = pino({ level: settings.LOG_LEVEL, base: { service: APPLICATION } }, pino.destination(STDOUT));
  const stopping = new AbortController();
  const { signal } = stopping;
  const onError = (err: unknown) => log.warn({ err }, 'database connection');
  const database = openPool({
    url: settings.DATABASE_URL,
    role: roles.worker,
    applicationName: APPLICATION,
    connectionsMax: settings.DATABASE_POOL_SIZE,
    onError,
  });
  const metrics = createMetrics();
  const state = { isReady: false };
  const admin = await startAdmin({
    host: settings.ADMIN_HOST,
    port: settings.ADMIN_PORT,
    registry: metrics.registry,
    checks: async () => ({
      database: await answers(() => database.query('select 1')),
      serving: state.isReady,
    }),
  });
  const notifier = (channel: string) =>
    createNotifier(database, channel, { intervalMs: NOTIFY_INTERVAL_MS, onError });
  const wakeWorkers = notifier(channels.work);
  const announceStatus = notifier(channels.status);
  const client = createKubeClient({
    ...(settings.KUBECONFIG === '' ? { inCluster: true } : { kubeconfigPath: settings.KUBECONFIG }),
    ...(settings.KUBE_CONTEXT === '' ? {} : { context: settings.KUBE_CONTEXT }),
  });

  async function run(): Promise<void> {
    const clusterId = await waitForCluster(database, settings.CLUSTER, log, signal);
    const clock = () => performance.now();
    const ctx: WorkerContext = {
      ...{ settings, database, client, clusterId, clock, log, signal, announceStatus, metrics },
      installation: await readInstallation(database),
      holder: `${APPLICATION} ${randomUUID()}`,
      known: createKnownVersions(),
      arrivals: createArrivals(),
      diagnosis: createDiagnosis({ client, clock, signal, timeoutMs: CALL_TIMEOUT_MS }),
      session: createSession({ database, client, clusterId, clock }),
      async enqueue(keys) {
        await enqueueAll(database, clusterId, keys);
        if (keys.length > 0) {
          loop.wake();
          wakeWorkers.notify(ctx.holder);
        }
      },
    };
    await meetCluster(ctx);
    const loop = startLoop(ctx, reconcile);
    const listener = listen({
      url: settings.DATABASE_URL,
      channel: channels.work,
      applicationName: `${APPLICATION}-work`,
      // what only this process has asked for has woken it already
      onMessage: (payload) => (payload === ctx.holder ? undefined : loop.wake()),
      onConnect: () => loop.wake(),
      onDisconnect: (error) => (error === undefined ? undefined : onError(error)),
    });
    state.isReady = true;
    log.info({ cluster: settings.CLUSTER, adminUrl: admin.url }, 'ready');
    await enqueueAgain(ctx, STARTUP_RESYNC_SECONDS);
    await Promise.all([
      loop.done,
      runWhileHeld(ctx, `watch ${clusterId}`, (held) => watchCluster(ctx, held)),
      runShared(ctx, housekeeping(ctx)),
      runEach(ctx, [...measuring, watchDatabaseClock()]),
    ]);
    await listener.close();
  }

  async function close(): Promise<void> {
    state.isReady = false;
    await Promise.all([wakeWorkers.close(), announceStatus.close()]);
    await database.end();
    admin.server.close();
  }

  const done = run()
    .catch((err: unknown) => {
      if (signal.aborted) return;
      log.fatal({ err }, err instanceof ForeignInstallationError ? err.message : 'the worker cannot go on');
      process.exitCode = 1;
      stopping.abort();
    })
    .then(close);
  return {
    adminUrl: admin.url,
    done,
    async stop() {
      state.isReady = false;
      stopping.abort();
      await done;
    },
  };
}

async function answers(call: () => Promise<unknown>): Promise<boolean> {
  return call().then(
    () => true,
    () => false,
  );
}

/** The row may come later than the worker: the platform makes it over the API. */
async function waitForCluster(
  database: Pool,
  name: string,
  log: Logger,
  signal: AbortSignal,
): Promise<ClusterId> {
  for (let tries = 0; ; tries += 1) {
    signal.throwIfAborted();
    const cluster = await loadClusterByName(database, name).catch((err: unknown) => {
      log.warn({ err }, 'the database does not answer');
      return undefined;
    });
    if (cluster !== undefined) return cluster.id;
    if (tries % 60 === 0) log.info({ cluster: name }, 'waiting for the cluster to be created over the API');
    await sleep(WAIT_MS, undefined, { signal });
  }
}

/**
 * First contact: whose cluster it is, and whether it is the one that the rows speak of. Waits while it is away.
 * @throws ForeignInstallationError
 */
async function meetCluster(ctx: WorkerContext): Promise<void> {
  for (;;) {
    ctx.signal.throwIfAborted();
    try {
      await readIdentity(ctx.client);
      await assertOwnCluster(ctx);
      await ctx.session
        .assertIdentity()
        .catch((err: unknown) => ctx.log.error({ err }, 'nothing is written'));
      await keepEpoch(ctx);
      return;
    } catch (err) {
      if (err instanceof ForeignInstallationError) throw err;
      ctx.log.warn({ err }, 'the cluster does not answer');
      await sleep(WAIT_MS, undefined, { signal: ctx.signal });
    }
  }
}
