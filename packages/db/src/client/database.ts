/** What repositories work with: reads as a scope allows, and transactions that are tried again where that is safe. */
import type { OrganizationId, Scope } from '@netplane/domain';
import type { Pool, PoolClient, QueryConfig, QueryResultRow } from 'pg';
import { isRetryable, isStalePlan, translated } from './pg-errors.ts';
import { queryAsTenant } from './tenant-query.ts';

/** The API's two doors: as tenants under row-level security, and as the platform. */
export interface ApiDatabase {
  readonly tenants: Pool;
  readonly platform: Pool;
}

/** Inside a transaction. */
export interface Tx {
  query<Row extends QueryResultRow>(config: QueryConfig): Promise<readonly Row[]>;
}

/** A transaction is tried this often when it falls to a deadlock or serialization failure. */
const TRIES = 3;

/**
 * One statement as the scope sees the world: one round trip.
 * @throws NetplaneError for what the database refuses by name, `unavailable` when it is away
 */
export async function query<Row extends QueryResultRow>(
  database: ApiDatabase,
  scope: Scope,
  config: QueryConfig,
): Promise<readonly Row[]> {
  return withRetry(async () =>
    scope.kind === 'platform'
      ? (await database.platform.query<Row>(config)).rows
      : queryAsTenant<Row>(database.tenants, scope.visible, config),
  );
}

/** One statement of a pool that has only one role, such as the worker's. */
export async function queryPool<Row extends QueryResultRow>(
  pool: Pool,
  config: QueryConfig,
): Promise<readonly Row[]> {
  return withRetry(async () => (await pool.query<Row>(config)).rows);
}

/**
 * A transaction in which the organizations of the scope are set; `work` may run up to three times and must have no
 * other effects than its statements.
 */
export async function transaction<T>(
  database: ApiDatabase,
  scope: Scope,
  work: (tx: Tx) => Promise<T>,
): Promise<T> {
  const pool = scope.kind === 'platform' ? database.platform : database.tenants;
  const organizations = scope.kind === 'platform' ? [] : scope.visible;
  return poolTransaction(pool, async (tx) => {
    await setTenants(tx, organizations);
    return work(tx);
  });
}

export async function poolTransaction<T>(pool: Pool, work: (tx: Tx) => Promise<T>): Promise<T> {
  return withRetry(async () => {
    const client = await pool.connect();
    try {
      await client.query('begin');
      const result = await work(txOf(client));
      await client.query('commit');
      client.release();
      return result;
    } catch (error) {
      await rollBack(client, isStalePlan(error));
      throw error;
    }
  });
}

/** Narrows or widens what the transaction may touch; the `security definer` functions refuse anything else. */
export async function setTenants(tx: Tx, organizations: readonly OrganizationId[]): Promise<void> {
  await tx.query({
    name: 'set_tenants',
    text: `select set_config('netplane.orgs', $1, true)`,
    values: [organizations.join(',')],
  });
}

function txOf(client: PoolClient): Tx {
  return {
    async query<Row extends QueryResultRow>(config: QueryConfig) {
      return (await client.query<Row>(config)).rows;
    },
  };
}

/** A connection that cannot even roll back, or is of no use any more, is closed, not given to the next one. */
async function rollBack(client: PoolClient, isUseless: boolean): Promise<void> {
  try {
    await client.query('rollback');
    client.release(isUseless);
  } catch (error) {
    client.release(error instanceof Error ? error : true);
  }
}

/** Each takes its connection with it, and a pool has no more. */
const STALE_PLANS_MAX = 500;

async function withRetry<T>(attempt: () => Promise<T>): Promise<T> {
  let failures = 0;
  let stalePlans = 0;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (isStalePlan(error) && stalePlans < STALE_PLANS_MAX) {
        stalePlans += 1;
        continue;
      }
      failures += 1;
      if (!isRetryable(error) || failures === TRIES) throw translated(error);
    }
  }
}
