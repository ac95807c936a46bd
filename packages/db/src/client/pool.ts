/** Connections to PostgreSQL under one of the database roles. */

import pg from 'pg';
import type { roles } from '../migrate/roles.ts';
import { PREPARE_TENANT } from './tenant-query.ts';

export type { Pool } from 'pg';

export interface PoolOptions {
  /** Login that is a member of the role. */
  readonly url: string;
  readonly role: (typeof roles)[keyof typeof roles];
  readonly applicationName: string;
  readonly connectionsMax: number;
  /** How long one statement may wait for a lock. */
  readonly lockTimeoutMs?: number;
  readonly statementTimeoutMs?: number;
  /** Every transaction only reads: whatever would write is refused by the database. */
  readonly isReadOnly?: boolean;
  readonly onError: (error: Error) => void;
}

const DEFAULT_LOCK_TIMEOUT_MS = 5_000;
const DEFAULT_STATEMENT_TIMEOUT_MS = 30_000;
const CONNECT_TIMEOUT_MS = 5_000;
/** A new connection plans each of its statements again, up to five times: some 10 ms for the first ones. */
const REST_MAX_MS = 10 * 60_000;

/** Opens lazily; the first query throws `unavailable` where the server is away. */
export function openPool(options: PoolOptions): pg.Pool {
  const settings = {
    role: options.role,
    TimeZone: 'UTC',
    lock_timeout: String(options.lockTimeoutMs ?? DEFAULT_LOCK_TIMEOUT_MS),
    statement_timeout: String(options.statementTimeoutMs ?? DEFAULT_STATEMENT_TIMEOUT_MS),
    idle_in_transaction_session_timeout: '60000',
    ...(options.isReadOnly === true ? { default_transaction_read_only: 'on' } : {}),
  };
  const pool = new pg.Pool({
    connectionString: options.url,
    application_name: options.applicationName,
    max: options.connectionsMax,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    idleTimeoutMillis: REST_MAX_MS,
    options: Object.entries(settings)
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(' '),
    types: { getTypeParser },
    // pg's types say void, the pool waits for a promise all the same
    onConnect: (client) => client.query(PREPARE_TENANT) as unknown as undefined,
  });
  pool.on('error', options.onError);
  // the pool hears of connections that rest; one that ends in somebody's hands tells him with his next statement
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

const OID_INT8 = 20;
const OID_TIMESTAMPTZ = 1184;

/** Counters are numbers (all below 2^53); instants stay text with PostgreSQL's microseconds. */
function getTypeParser(oid: number, format?: 'text' | 'binary'): (value: string) => unknown {
  if (oid === OID_INT8) return Number;
  if (oid === OID_TIMESTAMPTZ) return rfc3339;
  return pg.types.getTypeParser(oid, format ?? 'text') as (value: string) => unknown; // text format reads strings
}

const RFC3339_LENGTH = '2026-11-21T10:00:00.250000Z'.length;
const DATE_END = '2026-11-21'.length;
const SECONDS_END = '2026-11-21T10:00:00'.length;

/** `2026-11-21 10:00:00.25+00` or `2026-11-21T10:00:00.25+00:00` → `2026-11-21T10:00:00.250000Z`, which sorts as text. */
export function rfc3339(text: string): string {
  // columns have been read already, JSON has not; a page of a list has hundreds of them
  if (text.length === RFC3339_LENGTH && text.endsWith('Z')) return text;
  const end = text.endsWith('Z') ? text.length - 1 : text.indexOf('+', SECONDS_END);
  const fraction = text.slice(SECONDS_END + 1, end).padEnd(6, '0');
  return `${text.slice(0, DATE_END)}T${text.slice(DATE_END + 1, SECONDS_END)}.${fraction}Z`;
}
