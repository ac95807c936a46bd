/** Steps that the update and delete of every kind share. */
import {
  assertPermitted,
  type Kind,
  NetplaneError,
  type Operation,
  type OrganizationId,
  type Phase,
  type ProjectId,
  presentId,
  type Scope,
} from '@netplane/domain';
import type { QueryConfig, QueryResultRow } from 'pg';
import { type ApiDatabase, setTenants, type Tx, transaction } from './database.ts';
import { type Caller, recordChange } from './record.ts';

/**
 * If-Match and `expectedRevision`, compared under the row's lock.
 * @throws NetplaneError `precondition_failed`
 */
export function assertRevision(row: { readonly revision: number }, expected: number | null): void {
  if (expected !== null && row.revision !== expected) {
    throw new NetplaneError('precondition_failed', {
      params: { revision: row.revision, expected_revision: expected },
    });
  }
}

/** @throws NetplaneError `not_found`, with the pointer of the field that held the id */
export function assertFound<T>(row: T | undefined, pointer?: string): T {
  if (row === undefined) {
    throw new NetplaneError('not_found', pointer === undefined ? {} : { errors: [{ pointer }] });
  }
  return row;
}

/** What an update asks of a repository: `decide` gets the locked row and says what changes, `undefined` for nothing. */
export interface UpdateInput<Value, Change> {
  readonly id: string;
  readonly expectedRevision: number | null;
  readonly decide: (current: Value) => Change | undefined;
}

export interface DeleteInput {
  readonly id: string;
  readonly expectedRevision: number | null;
}

/** What is common to the rows of all kinds as far as changing them goes. */
export interface Changeable {
  readonly id: string;
  readonly revision: number;
  readonly organizationId?: OrganizationId | null;
  readonly projectId?: ProjectId | null;
  readonly status?: { readonly phase: Phase; readonly revision: number };
}

interface UpdateSteps<Row, Value, Change> {
  readonly kind: Kind;
  readonly operation: Operation;
  readonly lock: (id: string) => QueryConfig;
  readonly fromRow: (row: Row) => Value;
  /** Writes the change with `revision + 1` and returns the new row. */
  readonly write: (tx: Tx, change: Change, current: Value) => Promise<Row | undefined>;
}

/**
 * Locks the row, checks rights and revision, lets `decide` speak, writes and records. No change, no new revision.
 * @throws NetplaneError `not_found`, `forbidden`, `precondition_failed`, and what `decide` and `write` throw
 */
export async function updateRow<Row extends QueryResultRow, Value extends Changeable, Change extends object>(
  database: ApiDatabase,
  scope: Scope,
  caller: Caller,
  input: UpdateInput<Value, Change>,
  steps: UpdateSteps<Row, Value, Change>,
): Promise<Value> {
  return transaction(database, scope, async (tx) => {
    const current = await lockForChange<Row, Value>(tx, scope, input, steps);
    if (isDeleting(current)) throw new NetplaneError('being_deleted');
    assertRevision(current, input.expectedRevision);
    const change = input.decide(current);
    if (change === undefined) return current;
    const updated = steps.fromRow(assertFound(await steps.write(tx, change, current)));
    await recordChange(tx, caller, {
      ...changeOf(steps, updated),
      event: 'changed',
      changes: inSnakeCase(change),
    });
    return updated;
  });
}

/**
 * The row under its lock, for somebody who may change it; the transaction narrows to its organization.
 * @throws NetplaneError `not_found`, `forbidden`
 */
export async function lockForChange<Row extends QueryResultRow, Value extends Changeable>(
  tx: Tx,
  scope: Scope,
  input: { readonly id: string },
  steps: Pick<UpdateSteps<Row, Value, never>, 'operation' | 'lock' | 'fromRow'>,
): Promise<Value> {
  const [row] = await tx.query<Row>(steps.lock(input.id));
  const current = steps.fromRow(assertFound(row));
  const { organizationId } = current;
  if (organizationId !== undefined && organizationId !== null) {
    assertPermitted(scope, steps.operation, organizationId);
    await setTenants(tx, [organizationId]);
  }
  return current;
}

/** A DELETE of what is being deleted is answered again, whatever revision it expects. */
export function isDeleting(value: Changeable): boolean {
  return value.status?.phase === 'deleting';
}

export function changeOf(steps: { readonly kind: Kind; readonly operation: Operation }, value: Changeable) {
  return {
    operation: steps.operation,
    kind: steps.kind,
    id: value.id,
    organizationId: value.organizationId ?? null,
    projectId: value.projectId ?? null,
    revision: value.revision,
    statusRevision: value.status?.revision ?? 1,
  };
}

/** Audit rows speak as the API does. */
function inSnakeCase(change: object): object {
  const entries = Object.entries(change).map(([key, value]) => [
    key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    value,
  ]);
  return Object.fromEntries(entries);
}

/** What still uses the row that is to be deleted. @returns NetplaneError `has_dependents` that names it */
export function hasDependent(kind: Kind, id: string): NetplaneError {
  return new NetplaneError('has_dependents', {
    errors: [{ pointer: '', holder: { kind, id: presentId(kind, id) } }],
  });
}
