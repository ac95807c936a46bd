/** What every accepted change leaves behind in the transaction that makes it. */
import type { IssuerId, Kind, OrganizationId, ProjectId } from '@netplane/domain';
import { NetplaneError } from '@netplane/domain';
import type { QueryResultRow } from 'pg';
import type { Tx } from './database.ts';
import { statement } from './statement.ts';

/** Who asked, for audit and idempotency. */
export interface Caller {
  readonly issuerId: IssuerId;
  readonly subject: string;
  readonly email: string | null;
  readonly requestId: string;
  /** The key and a SHA-256 over method, path and canonical body; `null` without the header. */
  readonly idempotency: { readonly key: string; readonly fingerprint: Buffer } | null;
}

/** Stands in where a row belongs to no organization. */
export const PLATFORM_ORGANIZATION = '00000000-0000-0000-0000-000000000000' as OrganizationId; // no UUIDv7 is all zeros

export interface Change {
  readonly operation: string;
  readonly kind: Kind;
  readonly id: string;
  readonly organizationId: OrganizationId | null;
  readonly projectId: ProjectId | null;
  readonly event: 'created' | 'changed' | 'deleting' | 'deleted';
  readonly revision: number;
  readonly statusRevision: number;
  /** What was sent, without secrets. */
  readonly changes: object;
  /** Where other rows have the instant, too; else it is read when the change is recorded. */
  readonly at?: string;
}

const insertRecords = statement(
  'insert_records',
  `with happened as materialized (
     select coalesce($14::timestamptz, clock_timestamp()) as at
   ), announced as (
     insert into event (organization_id, project_id, kind, id, type, revision, status_revision, at)
     select $1, $2, $3, $4, $5, $6, $7, at from happened
   )
   insert into audit_event
     (at, organization_id, project_id, issuer_id, subject, email, operation, kind, resource_id, request_id, changes)
   select at, $1, $2, $8, $9, $10, $11, $3, $4, $12, $13 from happened`,
);

/** The event and the audit row of one change. */
export async function recordChange(tx: Tx, caller: Caller, change: Change): Promise<void> {
  const { organizationId, projectId, kind, id, event, revision, statusRevision, operation } = change;
  await tx.query(
    insertRecords(
      ...[organizationId, projectId, kind, id, event, revision, statusRevision],
      ...[
        caller.issuerId,
        caller.subject,
        caller.email,
        operation,
        caller.requestId,
        JSON.stringify(change.changes),
        change.at,
      ],
    ),
  );
}

const enqueue = statement('enqueue_work', 'select enqueue_work($1, $2, $3, $4)');

/** Asks the worker to look at a resource again. */
export async function enqueueWork(
  tx: Tx,
  kind: Kind,
  id: string,
  clusterId: string,
  organizationId: OrganizationId | null,
): Promise<void> {
  await tx.query(enqueue(kind, id, clusterId, organizationId));
}

export interface Created<T> {
  readonly value: T;
  /** The kept answer of an earlier request with the same idempotency key. */
  readonly replayed: boolean;
}

const lockKey = statement('lock_idempotency_key', 'select lock_idempotency_key($1, $2, $3, $4)');
const findKept = statement(
  'find_kept_answer',
  `select fingerprint, snapshot from idempotency_key
   where organization_id = $1 and issuer_id = $2 and subject = $3 and operation = $4 and key = $5
     and expires_at > clock_timestamp()`,
);
const keepAnswer = statement('keep_answer', 'select keep_answer($1, $2, $3, $4, $5, $6, $7)');

/**
 * Runs a create once per idempotency key. The row is kept as it was at commit, and a replay shows that row. Call it
 * after the caller has been authorized, before anything else is locked.
 * @throws NetplaneError `idempotency_key_reused`; `idempotency_in_flight` after the lock timeout
 */
export async function createOnce<Row extends QueryResultRow>(
  tx: Tx,
  caller: Caller,
  scope: { readonly organizationId: OrganizationId; readonly operation: string },
  create: () => Promise<Row>,
): Promise<Created<Row>> {
  const { idempotency } = caller;
  if (idempotency === null) return { value: await create(), replayed: false };
  const who = [caller.issuerId, caller.subject, scope.operation, idempotency.key] as const;
  await tx.query(lockKey(...who));
  const [kept] = await tx.query<{ fingerprint: Buffer; snapshot: Row }>(
    findKept(scope.organizationId, ...who),
  );
  if (kept !== undefined) {
    assertSameRequest(kept.fingerprint, idempotency.fingerprint);
    return { value: kept.snapshot, replayed: true };
  }
  const row = await create();
  await tx.query(keepAnswer(scope.organizationId, ...who, idempotency.fingerprint, JSON.stringify(row)));
  return { value: row, replayed: false };
}

/** @throws NetplaneError `idempotency_key_reused` */
export function assertSameRequest(kept: Buffer, sent: Buffer): void {
  if (!kept.equals(sent)) throw new NetplaneError('idempotency_key_reused');
}
