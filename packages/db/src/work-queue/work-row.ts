/** What the worker needs of every provisioned row besides the kind's own columns. */
import type { Condition, Phase } from '@netplane/domain';
import type { Pool, QueryConfig } from 'pg';
import { poolTransaction, type Tx } from '../client/database.ts';
import { statement } from '../client/statement.ts';
import type { WorkClaim } from './work-queue.repository.ts';

export interface WorkRow {
  readonly revision: number;
  readonly observed_revision: number;
  readonly phase: Phase;
  readonly conditions: readonly Condition[];
  readonly status_message: string;
  readonly deleting_at: string | null;
  /** The database's clock when the row was read. */
  readonly now: string;
  /** Seconds since the desired state last changed; many where the clock was set back since. */
  readonly age_seconds: number;
}

export const WORK_COLUMNS = `clock_timestamp() as now,
  abs(extract(epoch from clock_timestamp() - r.updated_at))::float as age_seconds`;

const takeClaim = statement(
  'delete_claimed_work',
  'delete from work_item where kind = $1 and id = $2 and claim = $3 returning id',
);

/**
 * The last transaction of a deleted resource: only while the claim is good, and the work item goes with it.
 * @returns whether it was done
 */
export async function finishDeletion(
  pool: Pool,
  claim: WorkClaim,
  work: (tx: Tx) => Promise<void>,
): Promise<boolean> {
  return poolTransaction(pool, async (tx) => {
    const held = await tx.query(takeClaim(claim.kind, claim.id, claim.claim));
    if (held.length === 0) return false;
    await work(tx);
    return true;
  });
}

/**
 * `finishDeletion` of a row of the platform that leaves nothing else behind.
 * @param bury ends the row, where it is being deleted, and returns `revision, status_revision`
 */
export async function finishPlatformDeletion(
  pool: Pool,
  claim: WorkClaim,
  bury: (id: string) => QueryConfig,
): Promise<boolean> {
  const { kind, id } = claim;
  return finishDeletion(pool, claim, async (tx) => {
    const [row] = await tx.query<{ revision: number; status_revision: number }>(bury(id));
    if (row === undefined) throw new Error(`${kind} ${id} is not being deleted`);
    const { revision, status_revision: statusRevision } = row;
    await announceDeleted(tx, { organizationId: null, projectId: null, kind, id, revision, statusRevision });
  });
}

const announceGone = statement(
  'announce_deleted',
  `insert into event (organization_id, project_id, kind, id, type, revision, status_revision)
   values ($1, $2, $3, $4, 'deleted', $5, $6)`,
);

export async function announceDeleted(
  tx: Tx,
  row: {
    readonly organizationId: string | null;
    readonly projectId: string | null;
    readonly kind: string;
    readonly id: string;
    readonly revision: number;
    readonly statusRevision: number;
  },
): Promise<void> {
  const { organizationId, projectId, kind, id, revision, statusRevision } = row;
  await tx.query(announceGone(organizationId, projectId, kind, id, revision, statusRevision));
}
