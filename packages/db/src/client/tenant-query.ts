/**
 * One statement under row-level security in one round trip (ADR 0008).
 *
 * Wire protocol: Bind/Execute of a prepared `set_config('netplane.orgs', …, is_local => true)`, then the statement's own
 * Parse/Bind/Describe/Execute, then one Sync. Everything up to the Sync is one implicit transaction: the setting is gone
 * with it, and when either part fails, nothing of it happened. The first part's answers are dropped here.
 */
import pg from 'pg';
import { isStalePlan } from './pg-errors.ts';

const STATEMENT = 'netplane_tenant';

/** Run once per connection by the pool. */
export const PREPARE_TENANT = `prepare ${STATEMENT} (text) as select set_config('netplane.orgs', $1, true)`;

/** The parts of pg's connection that its own Query class uses (pg 8.23, lib/connection.js). */
interface WireConnection {
  bind(config: { portal: string; statement: string; values: string[] }): void;
  execute(config: { portal: string; rows: number }): void;
}

/** pg's Query with what its types leave out. */
interface WireQuery {
  /** Of the prepared statement. */
  name: string | undefined;
  prepare(connection: WireConnection): void;
  handleDataRow(message: unknown): void;
  handleCommandComplete(message: unknown, connection: WireConnection): void;
}

const wireQuery = pg.Query.prototype as unknown as WireQuery; // see WireQuery: lib/query.js has them

class TenantQuery extends pg.Query {
  readonly #organizations: string;
  #tenantIsSet = false;

  /** @param organizations ids, comma-separated */
  constructor(
    organizations: string,
    config: pg.QueryConfig,
    callback: (error: Error | undefined, result: pg.QueryResult) => void,
  ) {
    // values decide whether pg uses the extended protocol, which this class needs
    // a text, not the config: pg clones one property by property
    super(config.text, config.values ?? [], callback as never); // the callback's second type is pg's own builder
    if (config.name !== undefined) (this as unknown as WireQuery).name = config.name; // see WireQuery
    this.#organizations = organizations;
  }

  requiresPreparation(): boolean {
    return true;
  }

  prepare(connection: WireConnection): void {
    connection.bind({ portal: '', statement: STATEMENT, values: [this.#organizations] });
    connection.execute({ portal: '', rows: 0 });
    wireQuery.prepare.call(this, connection);
  }

  handleDataRow(message: unknown): void {
    if (this.#tenantIsSet) wireQuery.handleDataRow.call(this, message);
  }

  handleCommandComplete(message: unknown, connection: WireConnection): void {
    if (this.#tenantIsSet) wireQuery.handleCommandComplete.call(this, message, connection);
    this.#tenantIsSet = true;
  }
}

/** Runs one statement of the pool's role as these organizations. */
export async function queryAsTenant<Row extends pg.QueryResultRow>(
  pool: pg.Pool,
  organizations: readonly string[],
  config: pg.QueryConfig,
): Promise<readonly Row[]> {
  const client = await pool.connect();
  let isUseless = false;
  try {
    const result = await new Promise<pg.QueryResult<Row>>((resolve, reject) => {
      client.query(
        new TenantQuery(organizations.join(','), config, (error, answer) =>
          error === undefined || error === null ? resolve(answer as pg.QueryResult<Row>) : reject(error),
        ),
      );
    });
    return result.rows;
  } catch (error) {
    isUseless = isStalePlan(error);
    throw error;
  } finally {
    client.release(isUseless);
  }
}
