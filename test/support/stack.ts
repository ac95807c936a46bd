/**
 * A whole Netplane as its operator runs it: PostgreSQL, an issuer, the API and the worker as processes of their own,
 * on whatever cluster the kubeconfig names.
 */

import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bootstrapIssuer } from '@netplane/db';
import { presentId } from '@netplane/domain';
import { type Child, startChild } from '../../apps/sandbox/src/child.ts';
import { AUDIENCE } from '../../apps/sandbox/src/identity/provider.ts';
import { choosePorts } from '../../apps/sandbox/src/ports.ts';
import type { PostgresServer } from '../../apps/sandbox/src/postgres/server.ts';
import { clientOf, type TestApi } from './api.ts';
import { apiEnvironment } from './api-environment.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { startTestIdentity } from './identity.ts';
import { startTestPostgres } from './postgres.ts';

export interface StackOptions {
  readonly kubeconfigPath: string;
  readonly api?: Readonly<Record<string, string>>;
  readonly worker?: Readonly<Record<string, string>>;
  readonly workers?: number;
  /** Called with the name of a process that has died and is started again. */
  readonly onRestart?: (name: string) => void;
  /** Instead of one of its own, which does not wait for disks. */
  readonly postgres?: PostgresServer;
}

export interface Stack {
  readonly client: Pick<TestApi, 'call' | 'must' | 'graphql'>;
  readonly apiUrl: string;
  readonly database: TestDatabase;
  /** TypeID of the issuer of all personas. */
  readonly issuer: string;
  /** Access tokens by persona. */
  readonly tokens: Readonly<Record<string, string>>;
  readonly workers: readonly Child[];
  readonly api: Child;
  readonly workerAdminUrls: readonly string[];
  readonly logDirectory: string;
  /** What the worker of this number says. */
  workerLogPath(index: number): string;
  startWorkers(): Promise<void>;
  stop(): Promise<void>;
}

export async function startStack(options: StackOptions): Promise<Stack> {
  const directory = await mkdtemp(join(tmpdir(), 'netplane-stack-'));
  const logDirectory = join(directory, 'logs');
  await mkdir(logDirectory);
  const [postgres, identity] = await Promise.all([
    options.postgres ?? startTestPostgres(directory),
    startTestIdentity(),
  ]);
  const database = await createTestDatabase(postgres.url);
  const issuerId = await bootstrapIssuer(database.superuserUrl, {
    name: 'test',
    issuerUrl: identity.issuerUrl,
    audiences: [AUDIENCE],
    algorithms: ['ES256'],
  });
  const count = options.workers ?? 1;
  const ports = await choosePorts(
    ['api', 'apiAdmin', ...Array.from({ length: count }, (_, i) => `worker${i}`)],
    {},
  );
  const shared = { logDirectory, onRestart: options.onRestart ?? (() => {}) };
  const stopRest = async () => {
    if (options.postgres === undefined) await database.owner.end();
    else await database.drop();
    await Promise.all([options.postgres === undefined ? postgres.stop() : undefined, identity.stop()]);
    await rm(directory, { recursive: true, force: true });
  };
  const api = await startChild({
    ...shared,
    name: 'api',
    script: 'apps/api/src/main.ts',
    environment: apiEnvironmentOf(database, ports, options),
  }).catch(async (error: unknown) => {
    await stopRest();
    throw error;
  });
  const workers: Child[] = [];
  return {
    client: clientOf(`http://127.0.0.1:${ports.api}`, identity.tokens),
    apiUrl: `http://127.0.0.1:${ports.api}`,
    issuer: presentId('issuer', issuerId),
    tokens: identity.tokens,
    workerLogPath: (index) => join(logDirectory, `worker${index}.log`),
    workerAdminUrls: Array.from({ length: count }, (_, i) => `http://127.0.0.1:${ports[`worker${i}`]}`),
    ...{ database, api, workers, logDirectory },
    async startWorkers() {
      for (let index = workers.length; index < count; index += 1) {
        workers.push(
          await startChild({
            ...shared,
            name: `worker${index}`,
            script: 'apps/worker/src/main.ts',
            environment: {
              DATABASE_URL: database.workerUrl,
              KUBECONFIG: options.kubeconfigPath,
              ADMIN_PORT: String(ports[`worker${index}`]),
              ...options.worker,
            },
          }),
        );
      }
    },
    async stop() {
      await Promise.all([api, ...workers].map((child) => child.stop()));
      await stopRest();
    },
  };
}

function apiEnvironmentOf(
  database: TestDatabase,
  ports: Readonly<Record<string, number>>,
  options: StackOptions,
) {
  return {
    ...apiEnvironment,
    DATABASE_URL: database.apiUrl,
    PORT: String(ports.api),
    ADMIN_PORT: String(ports.apiAdmin),
    DEFAULT_CLUSTER_MODE: 'manage',
    DEFAULT_QUOTA_CLOUD_EIPS: '2000',
    DEFAULT_QUOTA_PUBLIC_EIPS: '50',
    ...options.api,
  };
}
