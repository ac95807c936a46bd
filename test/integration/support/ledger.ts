/** What the API never shows: intervals, events, audit rows and address states, read as their owner. */
import { type Kind, parseId } from '@netplane/domain';
import type { TestDatabase } from '../../support/database.ts';

export interface Interval {
  readonly state: string;
  readonly purpose: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly start_reason: string;
  readonly end_reason: string | null;
  /** Text with microseconds. */
  readonly started_at: string;
  readonly ended_at: string | null;
}

export function uuidOf(kind: Kind, id: string): string {
  const uuid = parseId(kind, id);
  if (uuid === undefined) throw new Error(`not an id of a ${kind}: ${id}`);
  return uuid;
}

/** In order of time. */
export async function intervalsOf(database: TestDatabase, eipId: string): Promise<readonly Interval[]> {
  const { rows } = await database.owner.query<Interval>(
    `select state, purpose, labels, start_reason, end_reason, started_at::text, ended_at::text
     from usage_interval where eip_id = $1 order by id`,
    [uuidOf('eip', eipId)],
  );
  return rows;
}

/** Types of the events of one resource, in order. */
export async function eventsOf(database: TestDatabase, kind: Kind, id: string): Promise<readonly string[]> {
  const { rows } = await database.owner.query<{ type: string }>(
    'select type from event where kind = $1 and id = $2 order by number',
    [kind, uuidOf(kind, id)],
  );
  return rows.map((row) => row.type);
}

export interface AuditRow {
  readonly operation: string;
  readonly subject: string;
  readonly email: string | null;
  readonly request_id: string;
  readonly changes: Readonly<Record<string, unknown>>;
}

export async function auditOf(database: TestDatabase, kind: Kind, id: string): Promise<readonly AuditRow[]> {
  const { rows } = await database.owner.query<AuditRow>(
    `select operation, subject, email, request_id, changes from audit_event
     where kind = $1 and resource_id = $2 order by number`,
    [kind, uuidOf(kind, id)],
  );
  return rows;
}

/** State of one address of a network; `undefined` where it is in no range. */
export async function addressState(
  database: TestDatabase,
  networkId: string,
  address: string,
): Promise<string | undefined> {
  const { rows } = await database.owner.query<{ state: string }>(
    'select state from ip_address where external_network_id = $1 and address = $2',
    [uuidOf('external-network', networkId), address],
  );
  return rows[0]?.state;
}

/** Every difference between counters, addresses, intervals and the rows that they count. */
export async function differences(database: TestDatabase): Promise<readonly object[]> {
  return (await database.owner.query('select * from invariant_difference')).rows;
}
