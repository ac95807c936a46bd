/** A stage with a cluster: workers of this process speak HTTP to a simulator of this process, which a test may disturb. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { enqueueEverything, openPool, roles } from '@netplane/db';
import { type ClusterId, parseId } from '@netplane/domain';
import type { KubeClient, KubeObject, KubeType } from '@netplane/k8s-adapter';
import type { Pool } from 'pg';
import { afterAll, beforeAll, expect, vi } from 'vitest';
import { readWorkerSettings } from '../../../apps/worker/src/config.ts';
import { type RunningWorker, startWorker } from '../../../apps/worker/src/server.ts';
import { createInProcessClient } from '../../../packages/k8s-adapter/src/simulator/in-process-client.ts';
import type { Simulator, SimulatorOptions } from '../../../packages/k8s-adapter/src/simulator/simulator.ts';
import { startSimulator } from '../../../packages/k8s-adapter/src/simulator/start-simulator.ts';
import type { Change } from '../../../packages/k8s-adapter/src/simulator/store/history.ts';
import { type Stage, type StageOptions, useStage } from './stage.ts';
import type { View } from './views.ts';

export interface ClusterStage extends Stage {
  readonly simulator: Simulator;
  /** Whoever else works on the cluster. */
  readonly stranger: KubeClient;
  /** Everything that has happened on the cluster, in order. */
  readonly journal: readonly Change[];
  readonly kubeconfigPath: string;
  /** Variables of a worker process of this stage. */
  workerEnvironment(changes?: Readonly<Record<string, string>>): Record<string, string>;
  /** In this process; stopped with the stage where it still runs. */
  startWorker(changes?: Readonly<Record<string, string>>): Promise<RunningWorker>;
  /** What a resync does, at once: resolves when everything was looked at again, whatever was planned for later. */
  lookAgain(): Promise<void>;
  /** Brings forward what a worker has planned for later. */
  bringForward(): Promise<void>;
  /** The resource when it is ready or failed. */
  settled<T extends View>(path: string, seconds?: number): Promise<T>;
  /** @throws unless the resource answers 404 in time */
  gone(path: string): Promise<void>;
}

export interface ClusterStageOptions extends StageOptions {
  readonly simulator?: SimulatorOptions;
  /** Whether the stage starts a worker and waits for the networks. Default true. */
  readonly hasWorker?: boolean;
  readonly worker?: Readonly<Record<string, string>>;
}

const quick = { controllerDelayMs: 2, retryMinMs: 10, retryMaxMs: 100 } as const;

export function useClusterStage(options: ClusterStageOptions = {}): ClusterStage {
  const stage = useStage(options);
  const journal: Change[] = [];
  const workers = new Set<RunningWorker>();
  const opened: { cluster?: Awaited<ReturnType<typeof openCluster>>; pool?: Pool } = {};
  const clusterOf = () => {
    if (opened.cluster === undefined) throw new Error('the cluster is not there before the tests run');
    return opened.cluster;
  };
  beforeAll(async () => {
    opened.cluster = await openCluster({ ...quick, ...options.simulator }, journal);
    opened.pool = workerPool(stage.database.workerUrl);
    if (options.hasWorker === false) return;
    await self.startWorker();
    await Promise.all(
      [stage.world.cloudId, stage.world.publicId].map(async (id) => {
        expect(await self.settled(`/v1/external-networks/${id}`)).toMatchObject({
          status: { phase: 'ready' },
        });
      }),
    );
  });
  afterAll(async () => {
    await Promise.all([...workers].map((worker) => worker.stop()));
    await opened.pool?.end();
    await opened.cluster?.close();
  });
  const self: ClusterStage = {
    get api() {
      return stage.api;
    },
    get database() {
      return stage.database;
    },
    get world() {
      return stage.world;
    },
    get simulator() {
      return clusterOf().simulator;
    },
    get stranger() {
      return clusterOf().stranger;
    },
    get kubeconfigPath() {
      return clusterOf().kubeconfigPath;
    },
    journal,
    workerEnvironment: (changes = {}) => ({
      DATABASE_URL: stage.database.workerUrl,
      DATABASE_POOL_SIZE: '8',
      KUBECONFIG: clusterOf().kubeconfigPath,
      ADMIN_PORT: '0',
      LOG_LEVEL: 'error',
      ...options.worker,
      ...changes,
    }),
    async startWorker(changes) {
      const worker = await startWorker(readWorkerSettings(self.workerEnvironment(changes)));
      workers.add(worker);
      return {
        ...worker,
        async stop() {
          workers.delete(worker);
          await worker.stop();
        },
      };
    },
    async lookAgain() {
      const clusterId = parseId('cluster', stage.world.clusterId) as ClusterId; // made by this stage
      if (opened.pool !== undefined) await enqueueEverything(opened.pool, clusterId, 0);
      await self.bringForward();
      await eventually(async () => expect(await busyItems(stage)).toEqual([]));
    },
    async bringForward() {
      await stage.database.owner.query(
        'update work_item set run_at = clock_timestamp(), wanted = wanted + 1',
      );
      await stage.database.owner.query("select pg_notify('netplane_work', '')");
    },
    settled: (path, seconds = 30) => stage.api.must('GET', `${path}?wait_for=ready&timeout=${seconds}`),
    async gone(path) {
      expect((await stage.api.call('GET', `${path}?wait_for=deleted&timeout=45`)).status, path).toBe(404);
    },
  };
  return self;
}

async function openCluster(options: SimulatorOptions, journal: Change[]) {
  const running = await startSimulator(options);
  const directory = await mkdtemp(join(tmpdir(), 'netplane-worker-'));
  const kubeconfigPath = join(directory, 'kubeconfig');
  await writeFile(kubeconfigPath, running.kubeconfig);
  const { simulator } = running;
  simulator.api.store.onChange((change) => journal.push(change));
  return {
    simulator,
    stranger: createInProcessClient(simulator),
    kubeconfigPath,
    async close() {
      await running.stop();
      await rm(directory, { recursive: true });
    },
  };
}

/** Work that is due or being done. */
async function busyItems({ database }: Stage): Promise<readonly object[]> {
  const { rows } = await database.owner.query(
    'select kind, id from work_item where run_at <= clock_timestamp() or lease_until is not null',
  );
  return rows;
}

function workerPool(url: string): Pool {
  const applicationName = 'test-worker';
  return openPool({ url, role: roles.worker, applicationName, connectionsMax: 2, onError: () => {} });
}

const PATIENCE_MS = 20_000;
const ASKED_EVERY_MS = 20;

/** Holds once in the time: the assertions are tried until they pass, and fail with their last words. */
export async function eventually<T>(assertions: () => T | Promise<T>, timeout = PATIENCE_MS): Promise<T> {
  return vi.waitFor(assertions, { timeout, interval: ASKED_EVERY_MS });
}

export const ref = (name: string) => ({ namespace: null, name }) as const;

/** As a stranger makes it: without any label of ours. */
export function foreign(type: KubeType, name: string, rest: object = {}): KubeObject {
  const { apiVersion, kind } = type;
  return { apiVersion, kind, metadata: { name }, ...rest };
}

/** The condition of that type, with an empty one where there is none. */
export function conditionOf(view: View, type: string): Partial<View['status']['conditions'][number]> {
  return view.status.conditions.find((condition) => condition.type === type) ?? {};
}
