/**
 * One Netplane: a database, an API process, workers and a cluster, each reached over a proxy that the faults hold in their
 * hand. Lanes share nothing but the PostgreSQL server, so their cases run side by side.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bootstrapIssuer } from '@netplane/db';
import { presentId } from '@netplane/domain';
import pg from 'pg';
import { AUDIENCE } from '../../../apps/sandbox/src/identity/provider.ts';
import { kubeconfigFor } from '../../../packages/k8s-adapter/src/simulator/start-simulator.ts';
import { apiEnvironment } from '../../support/api-environment.ts';
import type { TestIdentity } from '../../support/identity.ts';
import { type ChaosClient, createClient } from '../client.ts';
import type { ChaosCluster } from './cluster.ts';
import { type HttpProxy, startHttpProxy } from './http-proxy.ts';
import { type PostgresProxy, startPostgresProxy } from './postgres-proxy.ts';
import type { ChaosPostgres } from './postgres-server.ts';
import { createProgram, type Program } from './process.ts';
import { startSimulatedCluster } from './simulated-cluster.ts';
import { createSteps, type Steps } from './steps.ts';
import { createWorld, type World } from './world.ts';

/** A process and what stands between it and the others. */
export interface Member {
  readonly name: string;
  readonly program: Program;
  readonly steps: Steps;
  readonly database: PostgresProxy;
}

export interface WorkerMember extends Member {
  readonly apiServer: HttpProxy;
  /** Name of the cluster row that it serves. */
  readonly serves: string;
}

export interface Lane {
  readonly name: string;
  readonly directory: string;
  readonly postgres: ChaosPostgres;
  readonly cluster: ChaosCluster;
  /** The lane's, and the second one where it was asked for. */
  readonly clusters: readonly ChaosCluster[];
  readonly api: Member;
  /** Those that are expected to work; the first one is always there. */
  readonly workers: readonly WorkerMember[];
  readonly client: ChaosClient;
  readonly world: World;
  /** TypeID of the issuer of the client's token. */
  readonly issuer: string;
  /** Sees everything, past every proxy. */
  readonly owner: pg.Pool;
  /** Variables of `npm run doctor` for the lane's cluster. */
  readonly doctorEnvironment: Readonly<Record<string, string>>;
  /** For what has to differ from case to case. */
  readonly numbers: Numbers;
  /** Another worker of this or of another cluster, not started yet. */
  addWorker(options?: WorkerOptions): Promise<WorkerMember>;
  /** Killed where it still runs, and not expected to work any more. */
  removeWorker(worker: WorkerMember): Promise<void>;
  /** Another cluster beside the lane's own, which nobody serves yet. */
  secondCluster(): Promise<ChaosCluster>;
  stop(): Promise<void>;
}

export interface Numbers {
  next(): number;
  /** The one that `next` gave last. */
  last(): number;
}

export interface LaneOptions {
  readonly name: string;
  readonly directory: string;
  readonly postgres: ChaosPostgres;
  readonly identity: TestIdentity;
  readonly cluster: ChaosCluster;
  /** Variables of the API and of the workers beyond those of every lane. */
  readonly api?: Readonly<Record<string, string>>;
  readonly worker?: Readonly<Record<string, string>>;
}

export interface WorkerOptions {
  /** Name of the cluster row that it serves. Default `local`. */
  readonly serves?: string;
  /** Default: the lane's. */
  readonly cluster?: ChaosCluster;
}

/** With one worker, everything started and the world in it, though perhaps not ready yet. Where it fails nothing is left. */
export async function startLane(options: LaneOptions): Promise<Lane> {
  const { name, postgres, identity } = options;
  const directory = join(options.directory, name);
  await mkdir(directory, { recursive: true });
  const database = name.replaceAll('-', '_');
  await postgres.createDatabase(database);
  const issuerId = await bootstrapIssuer(postgres.urlOf('superuser', database), {
    name: 'chaos',
    issuerUrl: identity.issuerUrl,
    audiences: [AUDIENCE],
    algorithms: ['ES256'],
  });
  const owner = new pg.Pool({ connectionString: postgres.urlOf('superuser', database), max: 3 });
  owner.on('error', () => {}); // its server may be killed
  const api = await createApi(options, directory, database);
  const workers: WorkerMember[] = [];
  const clusters = [options.cluster];
  let added = 0;
  const addWorker = async (own: WorkerOptions = {}) => {
    const worker = await createWorker(options, directory, database, { ...own, index: added });
    added += 1;
    workers.push(worker);
    return worker;
  };
  const removeWorker = async (worker: WorkerMember) => {
    workers.splice(workers.indexOf(worker), 1);
    worker.program.wake();
    await worker.program.kill();
    worker.database.close();
    worker.apiServer.close();
  };
  const client = createClient(() => api.program.ready.url ?? '', identity.tokens.platform_admin ?? '');
  async function stop(): Promise<void> {
    await Promise.all([...workers].map(removeWorker));
    await api.program.kill();
    api.database.close();
    await clusters[1]?.stop();
    await owner.end();
  }
  async function start(): Promise<World> {
    const worker = await addWorker();
    await Promise.all([api.program.start(), worker.program.start()]);
    return createWorld(client);
  }
  const world = await start().catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  let number = 0;
  return {
    ...{ name, directory, postgres, cluster: options.cluster, clusters, api, workers, client, owner },
    ...{ addWorker, removeWorker },
    doctorEnvironment: {
      DATABASE_URL: postgres.urlOf('worker', database),
      KUBECONFIG: join(directory, 'worker.kubeconfig'),
      ...options.cluster.workerEnvironment,
    },
    async secondCluster() {
      clusters[1] ??= await startSimulatedCluster(directory, 'second-simulator');
      return clusters[1];
    },
    world,
    issuer: presentId('issuer', issuerId),
    numbers: {
      next: () => {
        number += 1;
        return number;
      },
      last: () => number,
    },
    stop,
  };
}

async function createApi(options: LaneOptions, directory: string, database: string): Promise<Member> {
  const { postgres } = options;
  const steps = createSteps();
  const proxy = await startPostgresProxy(steps, () => postgres.port);
  const program = createProgram({
    script: 'apps/api/src/main.ts',
    environment: {
      ...apiEnvironment,
      DATABASE_URL: postgres.urlOf('api', database, proxy.port),
      DATABASE_POOL_SIZE: '8',
      LOG_LEVEL: 'warn',
      DEFAULT_CLUSTER_MODE: 'manage',
      DEFAULT_QUOTA_PROJECTS: '100000',
      DEFAULT_QUOTA_CLOUD_EIPS: '100000',
      DEFAULT_QUOTA_PUBLIC_EIPS: '100000',
      DEFAULT_QUOTA_PROJECT_ADDRESSES: '16777216',
      ...options.api,
    },
    logPath: join(directory, 'api.log'),
  });
  return { name: 'api', program, steps, database: proxy };
}

async function createWorker(
  options: LaneOptions,
  directory: string,
  database: string,
  own: WorkerOptions & { readonly index: number },
): Promise<WorkerMember> {
  const { postgres } = options;
  const cluster = own.cluster ?? options.cluster;
  const serves = own.serves ?? 'local';
  const name = own.index === 0 ? 'worker' : `worker-${own.index + 1}`;
  const steps = createSteps();
  const proxy = await startPostgresProxy(steps, () => postgres.port);
  const apiServer = await startHttpProxy(steps, cluster.address);
  const kubeconfigPath = join(directory, `${name}.kubeconfig`);
  await writeFile(kubeconfigPath, kubeconfigFor(apiServer.url, cluster.token), { mode: 0o600 });
  const program = createProgram({
    script: 'apps/worker/src/main.ts',
    environment: {
      DATABASE_URL: postgres.urlOf('worker', database, proxy.port),
      DATABASE_POOL_SIZE: '8',
      CLUSTER: serves,
      KUBECONFIG: kubeconfigPath,
      ADMIN_PORT: '0',
      LOG_LEVEL: 'info',
      QUARANTINE_SECONDS: '30',
      // what only a resync would find is not found in time
      RESYNC_SECONDS: '86400',
      ...cluster.workerEnvironment,
      ...options.worker,
    },
    logPath: join(directory, `${name}.log`),
  });
  return { name, program, steps, database: proxy, apiServer, serves };
}
