/** An installation that the last release has made: its migrations, its API and its worker, on a simulated cluster. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate } from '@netplane/db';
import { type IssuerId, parseId } from '@netplane/domain';
import { inject } from 'vitest';
import { AUDIENCE } from '../../../apps/sandbox/src/identity/provider.ts';
import type { Simulator } from '../../../packages/k8s-adapter/src/simulator/simulator.ts';
import { startSimulator } from '../../../packages/k8s-adapter/src/simulator/start-simulator.ts';
import type { Change } from '../../../packages/k8s-adapter/src/simulator/store/history.ts';
import { clientOf, type TestApi } from '../../support/api.ts';
import { apiEnvironment } from '../../support/api-environment.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { createNetwork, createOrganization, type World } from '../../support/world.ts';
import { type AppProcess, startApiProcess, startWorkerProcess } from './app-process.ts';
import type { PreviousRelease } from './previous-release.ts';
import { roomyQuotas, type Stage } from './stage.ts';
import type { ProjectView, View } from './views.ts';

export type Client = Pick<TestApi, 'call' | 'must' | 'graphql'>;
export type Version = 'old' | 'new';

export interface UpgradeStage {
  readonly database: TestDatabase;
  readonly simulator: Simulator;
  /** Everything that has happened on the cluster, in order. */
  readonly journal: readonly Change[];
  readonly world: World;
  /** As the tests of every operation want it, with that API. */
  seenBy(client: Client): Stage;
  startApi(version: Version): Promise<{ readonly process: AppProcess; readonly client: Client }>;
  startWorker(version: Version, changes?: Readonly<Record<string, string>>): Promise<AppProcess>;
  /** By the runner of this checkout. @returns what it applied */
  migrate(): Promise<readonly string[]>;
  close(): Promise<void>;
}

const networks = [
  {
    body: { name: 'ext-cloud', type: 'cloud', cidr: '100.65.0.0/16', gateway: '100.65.0.1', vlan_id: 4013 },
    range: { first: '100.65.0.102', last: '100.65.3.254' },
  },
  {
    body: {
      ...{ name: 'ext-public', type: 'public', cidr: '168.119.17.48/28' },
      ...{ gateway: '168.119.17.49', vlan_id: 4011 },
    },
    range: { first: '168.119.17.51', last: '168.119.17.62' },
  },
] as const;

/** The old API and worker run; the networks are ready. The processes are ended with the stage. */
export async function openUpgradeStage(release: PreviousRelease) {
  const database = await createTestDatabase(undefined, 'template0');
  const directory = await mkdtemp(join(tmpdir(), 'netplane-upgrade-'));
  const running = await startSimulator({ controllerDelayMs: 2, retryMinMs: 10, retryMaxMs: 100 });
  const kubeconfigPath = join(directory, 'kubeconfig');
  await writeFile(kubeconfigPath, running.kubeconfig);
  const journal: Change[] = [];
  running.simulator.api.store.onChange((change) => journal.push(change));
  const processes: AppProcess[] = [];
  const keep = (process: AppProcess) => {
    processes.push(process);
    return process;
  };
  const apiEnvironment = apiEnvironmentOf(database);
  const workerEnvironment = {
    DATABASE_URL: database.workerUrl,
    DATABASE_POOL_SIZE: '8',
    KUBECONFIG: kubeconfigPath,
    ADMIN_PORT: '0',
    LOG_LEVEL: 'error',
  };
  const self = {
    ...{ database, simulator: running.simulator, journal },
    async startApi(version: Version) {
      const start = version === 'old' ? release.startApi : startApiProcess;
      const process = keep(await start(apiEnvironment));
      return { process, client: clientOf(process.url) };
    },
    async startWorker(version: Version, changes: Readonly<Record<string, string>> = {}) {
      const start = version === 'old' ? release.startWorker : startWorkerProcess;
      return keep(await start({ ...workerEnvironment, ...changes }));
    },
    migrate: () => migrate({ url: database.superuserUrl }),
    async close() {
      await Promise.all(processes.map((process) => process.end('SIGKILL')));
      await running.stop();
      await database.drop();
      await rm(directory, { recursive: true });
    },
  };
  await release.migrate({
    DATABASE_URL: database.superuserUrl,
    BOOTSTRAP_ISSUER_URL: inject('issuerUrl'),
    BOOTSTRAP_ISSUER_AUDIENCE: AUDIENCE,
  });
  const api = await self.startApi('old');
  const { world, issuer, rangePaths } = await createWorld(api.client);
  const worker = await self.startWorker('old');
  for (const path of rangePaths) await settled(api.client, path);
  const issuerId = parseId('issuer', issuer) as IssuerId; // the API's own
  const stage: UpgradeStage = {
    ...self,
    world,
    seenBy: (client) => ({
      ...{ database, world },
      api: { ...client, issuer, issuerId, url: '', adminUrl: '', stop: async () => {} },
    }),
  };
  return { stage, api, worker };
}

function apiEnvironmentOf(database: TestDatabase): Record<string, string> {
  return {
    ...apiEnvironment,
    DATABASE_URL: database.apiUrl,
    LOG_LEVEL: 'error',
    DEFAULT_CLUSTER_MODE: 'manage',
    ...roomyQuotas,
  };
}

/** Over the API alone: the code of today may know more than the old schema holds. */
async function createWorld(client: Client) {
  const issuers = await client.must<{ items: View[] }>('GET', '/v1/issuers');
  const issuer = issuers.items[0]?.id ?? '';
  const cluster = await client.must<View>('POST', '/v1/clusters', { body: { name: 'local' } });
  const rangePaths: string[] = [];
  const networkIds: string[] = [];
  for (const { body, range } of networks) {
    const network = await createNetwork(client, cluster.id, { provider_network: 'ext-cloud', ...body });
    const made = await client.must<View>('POST', '/v1/ip-ranges', {
      body: { external_network_id: network, ...range },
    });
    rangePaths.push(`/v1/ip-ranges/${made.id}`);
    networkIds.push(network);
  }
  const [cloudId = '', publicId = ''] = networkIds;
  const acmeId = await createOrganization({ ...client, issuer }, 'acme', { owner: 'acme-owner' });
  const otherId = await createOrganization({ ...client, issuer }, 'other', { owner: 'other-owner' });
  return { world: { clusterId: cluster.id, cloudId, publicId, acmeId, otherId }, issuer, rangePaths };
}

/** @throws Error unless it is ready in time */
export async function settled<T extends View = ProjectView>(client: Client, path: string): Promise<T> {
  const view = await client.must<T>('GET', `${path}?wait_for=ready&timeout=30`);
  if (view.status.phase !== 'ready')
    throw new Error(`${path} is ${view.status.phase}: ${view.status.message}`);
  return view;
}
