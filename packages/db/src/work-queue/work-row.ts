/** What the worker needs of every provisioned row besides the kind's own columns. */
import type { Condition, Phase, ProvisionedKind } from '@netplane/domain';
import type { Pool, QueryConfig } from 'pg';
import { poolTransaction, type Tx } from '../client/database.ts';
import { statement } from '../client/statement.ts';
import type { ClusterObjectRow } from '../cluster/cluster-object.repository.ts';
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
  /** The live rows of its objects, in the order in which they were written. */
  readonly objects: readonly LoadedObject[];
  /** Highest incarnation that each slot ever had: no name is used twice. */
  readonly last_incarnations: Readonly<Record<string, number>>;
}

export interface LoadedObject extends ClusterObjectRow {
  /** Seconds since its row was written, just before it was made. */
  readonly age_seconds: number;
}

/**
 * One round trip for the row `r` and everything that is recorded of its objects. EIPs have the same columns in the view
 * `eip_work_row`, which their claim reads inside of the database.
 */
export function workColumns(kind: Exclude<ProvisionedKind, 'eip'>): string {
  return `clock_timestamp() as now, abs(extract(epoch from clock_timestamp() - r.updated_at))::float as age_seconds,
  (select coalesce(json_agg(json_build_object(
       'id', o.id, 'api_version', o.api_version, 'kind', o.kind, 'namespace', o.namespace, 'name', o.name,
       'uid', o.uid, 'owner_kind', o.owner_kind, 'owner_id', o.owner_id, 'organization_id', o.organization_id,
       'slot', o.slot, 'origin', o.origin, 'builder_version', o.builder_version, 'incarnation', o.incarnation,
       'age_seconds', abs(extract(epoch from clock_timestamp() - o.created_at))::float) order by o.id), '[]')
   from cluster_object o where o.owner_kind = '${kind}' and o.owner_id = r.id and o.gone_at is null) as objects,
  (select coalesce(json_object_agg(slot, last), '{}')
   from (select o.slot, max(o.incarnation) as last from cluster_object o where o.owner_id = r.id group by o.slot) s
  ) as last_incarnations`;
}

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
