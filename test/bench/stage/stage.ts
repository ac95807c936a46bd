/** What measurements of the API play on: a database, an issuer, API processes, a network with addresses, tenants. */
import { bootstrapIssuer } from '@netplane/db';
import { presentId } from '@netplane/domain';
import { AUDIENCE } from '../../../apps/sandbox/src/identity/provider.ts';
import { clientOf } from '../../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import type { Bench } from '../measurement.ts';
import { startIssuer } from './issuer.ts';
import { type BenchProcess, startProcess } from './process.ts';

export interface Stage {
  readonly database: TestDatabase;
  readonly issuerId: string;
  readonly issuerUrl: string;
  /** API processes; the first one answers `client`. */
  readonly apis: readonly BenchProcess[];
  /** As the platform's administrator. */
  readonly client: Pick<ReturnType<typeof clientOf>, 'must' | 'graphql'>;
  tokenOf(subject: string): Promise<string>;
  /** TypeID of the cluster that networks and projects are made in. */
  readonly clusterId: string;
}

export interface StageOptions {
  readonly apis?: number;
  readonly api?: Readonly<Record<string, string>>;
}

export const CURSOR_SECRET = 'a secret that only the bench knows, long enough';
const MANY = '1000000000';

/** Sets the stage, lets `play` measure on it, and takes it down whatever came of it. */
export async function onStage<T>(
  bench: Bench,
  options: StageOptions,
  play: (stage: Stage) => Promise<T>,
): Promise<T> {
  const { url } = await bench.postgres();
  const stops: (() => Promise<void>)[] = [];
  try {
    const database = await createTestDatabase(url);
    stops.push(() => database.drop());
    const issuer = await startIssuer();
    stops.push(() => issuer.stop());
    const issuerId = await bootstrapIssuer(database.superuserUrl, {
      name: 'bench',
      issuerUrl: issuer.url,
      audiences: [AUDIENCE],
      algorithms: ['ES256'],
    });
    const apis: BenchProcess[] = [];
    for (let count = 0; count < (options.apis ?? 1); count += 1) {
      const api = await startApiProcess(bench, database, options.api);
      stops.push(() => api.stop());
      apis.push(api);
    }
    const admin = await issuer.tokenOf('bench-admin', { platform_admin: true });
    const client = clientOf(apis[0]?.ready.url ?? '', { platform_admin: admin });
    const cluster = await client.must<{ id: string }>('POST', '/v1/clusters', { body: { name: 'bench' } });
    const { tokenOf } = issuer;
    return await play({
      ...{ database, issuerId, issuerUrl: issuer.url, apis, client, tokenOf, clusterId: cluster.id },
    });
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

/** The production process with its own defaults, but for limits that are not what is measured. */
export function startApiProcess(
  bench: Bench,
  database: TestDatabase,
  changes: Readonly<Record<string, string>> = {},
): Promise<BenchProcess> {
  return startProcess({
    script: 'apps/api/src/main.ts',
    directory: bench.directory,
    signal: bench.signal,
    environment: {
      DATABASE_URL: database.apiUrl,
      HOST: '127.0.0.1',
      PORT: '0',
      ADMIN_PORT: '0',
      CURSOR_SECRET,
      ALLOW_HTTP_ISSUERS: 'true',
      DEFAULT_CLUSTER_MODE: 'manage',
      RATE_LIMIT_PER_SECOND: '1000000',
      RATE_LIMIT_BURST: '10000000',
      DEFAULT_QUOTA_PROJECTS: MANY,
      DEFAULT_QUOTA_CLOUD_EIPS: MANY,
      DEFAULT_QUOTA_PROJECT_ADDRESSES: MANY,
      ...changes,
    },
  });
}

export function portOf(process: BenchProcess): number {
  return Number(new URL(process.ready.url).port);
}

/** TypeID of the issuer of every tenant. */
export function presentedIssuer(stage: Stage): string {
  return presentId('issuer', stage.issuerId);
}
