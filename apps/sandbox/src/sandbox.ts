/** Everything of a Netplane in one command: database, identity provider, simulated cluster, worker, API, demo data. */
import { appendFileSync } from 'node:fs';
import { chmod, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { bootstrapIssuer, ensureDatabase, migrate } from '@netplane/db';
import { presentId } from '@netplane/domain';
import { type Child, startChild } from './child.ts';
import { personas } from './identity/personas.ts';
import { AUDIENCE, type IdentityProvider, startIdentityProvider } from './identity/provider.ts';
import { choosePorts, isFree } from './ports.ts';
import { startEmbedded } from './postgres/embedded.ts';
import type { PostgresServer } from './postgres/server.ts';
import { isSeeded, type SeedOptions, seed, waitForNetworks } from './seed.ts';
import {
  claimCheckout,
  files,
  loadState,
  type SandboxState,
  saveState,
  stateDirectory,
  writeSecret,
} from './state.ts';

export interface SandboxOptions {
  readonly port: number;
  /** Ends the start; once it has started, `stop` does. */
  readonly signal: AbortSignal;
  readonly onProgress: (step: string) => void;
  /** Called with a line about what its user may want to look at. */
  readonly onWarning: (line: string) => void;
  readonly onRestart: (process: string) => void;
}

export interface RunningSandbox {
  readonly apiUrl: string;
  readonly graphqlUrl: string;
  readonly graphiqlUrl: string;
  readonly docsUrl: string;
  readonly tokens: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

const DATABASE = 'netplane';
const FIRST_WAIT_SECONDS = 30;
const LATER_WAIT_SECONDS = 5;
const inner = ['postgres', 'identity', 'simulator', 'apiAdmin', 'workerAdmin'] as const;
type Ports = Readonly<Record<(typeof inner)[number], number>>;

/** @throws Error that says what is in the way, or the signal's reason; whatever had been started is stopped */
export async function startSandbox(options: SandboxOptions): Promise<RunningSandbox> {
  await claimCheckout();
  if (!(await isFree(options.port))) {
    throw new Error(`Port ${options.port} is taken. Choose another one: PORT=${options.port + 1} npm start`);
  }
  const stops: (() => Promise<void>)[] = [];
  try {
    return await start(options, stops);
  } catch (error) {
    await stopAll(stops);
    await rm(files.sandbox, { force: true });
    await rm(files.pid, { force: true });
    throw error;
  }
}

async function start(options: SandboxOptions, stops: (() => Promise<void>)[]): Promise<RunningSandbox> {
  const { signal } = options;
  const state = await loadState();
  const ports = (await choosePorts(inner, state.ports)) as Ports; // one per name
  await saveState({ ...state, ports });

  options.onProgress('PostgreSQL');
  const postgres = await startEmbedded(stateDirectory, state, {
    ...{ port: ports.postgres, onLog: logTo('postgres'), signal },
  });
  stops.push(() => postgres.stop());
  const databaseUrl = await prepareDatabase(postgres, state, ports);
  signal.throwIfAborted();

  options.onProgress('identity provider and simulated cluster');
  const identity = await startIdentityProvider({ ...state, port: ports.identity });
  stops.push(() => identity.stop());
  const issuerId = await bootstrapIssuer(databaseUrl.superuser, {
    name: 'sandbox',
    issuerUrl: identity.issuerUrl,
    audiences: [AUDIENCE],
    algorithms: ['ES256'],
  });
  await startProcess(options, stops, simulatorProcess(ports));
  await chmod(files.kubeconfig, 0o600);

  options.onProgress('API and worker');
  await startProcesses(options, stops, [
    apiProcess(options.port, state, ports, databaseUrl.api),
    workerProcess(ports, databaseUrl.worker),
  ]);

  options.onProgress('demo data');
  const apiUrl = `http://localhost:${options.port}`;
  const tokens = await tokensOf(identity);
  const token = tokens.platform_admin ?? '';
  const seeding = { apiUrl, token, issuerId: presentId('issuer', issuerId), signal };
  await makeDemoData(seeding, options);
  const sandbox = await finish(stops, apiUrl, databaseUrl.owner, tokens);
  signal.throwIfAborted();
  return sandbox;
}

/** Later its user may have changed whatever is there: no reason not to start. */
async function makeDemoData(
  seeding: SeedOptions,
  { signal, onWarning }: Pick<SandboxOptions, 'signal' | 'onWarning'>,
): Promise<void> {
  const isLater = await isSeeded(seeding);
  try {
    await seed(seeding);
    await waitForNetworks(seeding, isLater ? LATER_WAIT_SECONDS : FIRST_WAIT_SECONDS);
  } catch (error) {
    if (!isLater || signal.aborted) throw error;
    onWarning(`demo data: ${error instanceof Error ? error.message : error}`);
  }
}

async function finish(
  stops: (() => Promise<void>)[],
  apiUrl: string,
  databaseUrl: string,
  tokens: Readonly<Record<string, string>>,
): Promise<RunningSandbox> {
  const graphqlUrl = `${apiUrl}/graphql`;
  const docsUrl = `${apiUrl}/docs`;
  await assertReady(apiUrl);
  await writeSecret(files.sandbox, {
    ...{ api_url: apiUrl, graphql_url: graphqlUrl, docs_url: docsUrl, database_url: databaseUrl, tokens },
  });
  return {
    ...{ apiUrl, graphqlUrl, graphiqlUrl: `${apiUrl}/graphiql`, docsUrl, tokens },
    async stop() {
      await rm(files.sandbox, { force: true });
      await stopAll(stops);
      await rm(files.pid, { force: true });
    },
  };
}

/** Last started, first stopped. */
async function stopAll(stops: (() => Promise<void>)[]): Promise<void> {
  for (const stop of stops.reverse()) await stop();
}

async function prepareDatabase(postgres: PostgresServer, { passwords }: SandboxState, ports: Ports) {
  await ensureDatabase(postgres.url, DATABASE);
  const urlOf = (user: string, password: string) =>
    `postgresql://${user}:${password}@127.0.0.1:${ports.postgres}/${DATABASE}`;
  const superuser = urlOf('postgres', passwords.superuser);
  await migrate({ url: superuser, passwords });
  return {
    superuser,
    owner: urlOf('netplane_owner', passwords.owner),
    api: urlOf('netplane_api_login', passwords.api),
    worker: urlOf('netplane_worker_login', passwords.worker),
  };
}

interface ProcessPlan {
  readonly name: string;
  readonly script: string;
  readonly arguments?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** Waits for all of them, also where one fails: what has started has to be known to be stopped. */
async function startProcesses(
  options: SandboxOptions,
  stops: (() => Promise<void>)[],
  plans: readonly ProcessPlan[],
): Promise<void> {
  const outcomes = await Promise.allSettled(plans.map((plan) => startProcess(options, stops, plan)));
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}

async function startProcess(
  options: SandboxOptions,
  stops: (() => Promise<void>)[],
  plan: ProcessPlan,
): Promise<void> {
  const child: Child = await startChild({
    ...plan,
    logDirectory: files.logs,
    signal: options.signal,
    onRestart: options.onRestart,
  });
  stops.push(() => child.stop());
}

function simulatorProcess(ports: Ports): ProcessPlan {
  return {
    name: 'simulator',
    script: 'packages/k8s-adapter/src/simulator/main.ts',
    arguments: [
      ...['--port', String(ports.simulator), '--directory', files.cluster, '--kubeconfig', files.kubeconfig],
    ],
    environment: {},
  };
}

/** Ten times the production limits; every page is on. */
function apiProcess(port: number, state: SandboxState, ports: Ports, databaseUrl: string): ProcessPlan {
  return {
    name: 'api',
    script: 'apps/api/src/main.ts',
    environment: {
      DATABASE_URL: databaseUrl,
      HOST: '127.0.0.1',
      PORT: String(port),
      ADMIN_PORT: String(ports.apiAdmin),
      CURSOR_SECRET: state.cursorSecret,
      API_DOCS: 'true',
      GRAPHIQL: 'true',
      GRAPHQL_INTROSPECTION: 'true',
      ALLOW_HTTP_ISSUERS: 'true',
      RATE_LIMIT_PER_SECOND: '3000',
      RATE_LIMIT_BURST: '30000',
      DEFAULT_CLUSTER_MODE: 'manage',
      DEFAULT_QUOTA_PROJECTS: '20',
      DEFAULT_QUOTA_CLOUD_EIPS: '2000',
      DEFAULT_QUOTA_PUBLIC_EIPS: '50',
    },
  };
}

function workerProcess(ports: Ports, databaseUrl: string): ProcessPlan {
  return {
    name: 'worker',
    script: 'apps/worker/src/main.ts',
    environment: {
      DATABASE_URL: databaseUrl,
      CLUSTER: 'local',
      KUBECONFIG: files.kubeconfig,
      ADMIN_PORT: String(ports.workerAdmin),
    },
  };
}

async function tokensOf(identity: IdentityProvider): Promise<Readonly<Record<string, string>>> {
  const entries = await Promise.all(
    personas.map(async ({ key, subject }) => [key, await identity.tokenOf(subject)] as const),
  );
  return Object.fromEntries(entries);
}

async function assertReady(apiUrl: string): Promise<void> {
  const response = await fetch(`${apiUrl}/readyz`);
  if (!response.ok) throw new Error(`the API is not ready: ${await response.text()}`);
}

function logTo(name: string): (line: string) => void {
  return (line) => appendFileSync(join(files.logs, `${name}.log`), `${line}\n`);
}
