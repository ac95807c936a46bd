/**
 * The work queue. Protocol:
 * - enqueue = upsert with `wanted + 1` (SQL function enqueue_work, in the transaction of the change);
 * - claim = a short transaction that raises `claim` and sets the lease; no row lock outlives it;
 * - heartbeat = extends the leases of claims that are still ours;
 * - finish = deletes only where `wanted` and `claim` are those that were read: whoever enqueued meanwhile is served again;
 * - put back = gives the item a later `run_at`, again only with our claim.
 */
import type { ClusterId, OrganizationId, ProvisionedKind } from '@netplane/domain';
import type { Pool } from 'pg';
import { queryPool } from '../client/database.ts';
import { PLATFORM_ORGANIZATION } from '../client/record.ts';
import { statement } from '../client/statement.ts';

export interface WorkClaim {
  readonly kind: ProvisionedKind;
  readonly id: string;
  readonly organizationId: OrganizationId;
  /** What was asked for when the item was claimed. */
  readonly wanted: number;
  readonly claim: number;
  /** Tries since the item was last enqueued. */
  readonly attempts: number;
}

export const LEASE_SECONDS = 15;
/** Nothing is put off for longer; what lies further ahead was not put there by the clock of now. */
export const PUT_BACK_SECONDS_MAX = 60;

/**
 * How a claim ended: `ended`, with nothing to do for now; `due`, with more that was asked for meanwhile; `lost`, since it
 * was not ours any more.
 */
export type ClaimEnd = 'ended' | 'due' | 'lost';

const heartbeat = statement(
  'extend_leases',
  `update work_item w set lease_until = clock_timestamp() + make_interval(secs => $4)
   from unnest($1::text[], $2::uuid[], $3::bigint[]) as held (kind, id, claim)
   where w.kind = held.kind and w.id = held.id and w.claim = held.claim and w.lease_until >= clock_timestamp()
   returning w.kind, w.id`,
);

/** Extends what is still ours. @returns kind and id of each claim that is */
export async function extendLeases(
  pool: Pool,
  claims: readonly WorkClaim[],
): Promise<readonly { readonly kind: string; readonly id: string }[]> {
  if (claims.length === 0) return [];
  return queryPool(
    pool,
    heartbeat(
      claims.map(({ kind }) => kind),
      claims.map(({ id }) => id),
      claims.map((item) => item.claim),
      LEASE_SECONDS,
    ),
  );
}

const finish = statement(
  'finish_work',
  'delete from work_item where kind = $1 and id = $2 and claim = $3 and wanted = $4 returning id',
);
const release = statement(
  'release_work',
  `update work_item set lease_until = null, claimed_by = null, run_at = clock_timestamp(), attempts = 0
   where kind = $1 and id = $2 and claim = $3 and wanted <> $4 returning id`,
);

/** Done with what was wanted; if more was wanted meanwhile, the item stays and is due at once. */
export async function finishWork(pool: Pool, item: WorkClaim): Promise<ClaimEnd> {
  const deleted = await queryPool(pool, finish(item.kind, item.id, item.claim, item.wanted));
  return deleted.length === 1 ? 'ended' : releaseWork(pool, item);
}

/** For what was wanted while the claim was worked on. */
export async function releaseWork(
  pool: Pool,
  { kind, id, claim: held, wanted }: WorkClaim,
): Promise<ClaimEnd> {
  return (await queryPool(pool, release(kind, id, held, wanted))).length === 1 ? 'due' : 'lost';
}

// what was asked for meanwhile does not wait
const putBack = statement(
  'put_back_work',
  `update work_item
   set lease_until = null, claimed_by = null,
       run_at = case when wanted = $4 then clock_timestamp() + make_interval(secs => $5) else clock_timestamp() end
   where kind = $1 and id = $2 and claim = $3 returning wanted <> $4 as due`,
);

/** Not done: try again in so many seconds, at most `PUT_BACK_SECONDS_MAX`. */
export async function putBackWork(pool: Pool, item: WorkClaim, seconds: number): Promise<ClaimEnd> {
  const { kind, id, claim: held, wanted } = item;
  const [row] = await queryPool<{ due: boolean }>(
    pool,
    putBack(kind, id, held, wanted, Math.min(seconds, PUT_BACK_SECONDS_MAX)),
  );
  if (row === undefined) return 'lost';
  return row.due ? 'due' : 'ended';
}

const insertMany = statement(
  'enqueue_many',
  `insert into work_item (kind, id, cluster_id, organization_id)
   select item.kind, item.id, $3, coalesce(item.organization_id, $5)
   from unnest($1::text[], $2::uuid[], $4::uuid[]) as item (kind, id, organization_id)
   on conflict (kind, id) do update
   set wanted = work_item.wanted + 1, run_at = least(work_item.run_at, excluded.run_at)`,
);

export interface WorkKey {
  readonly kind: ProvisionedKind;
  readonly id: string;
  /** `null`: the platform's own. */
  readonly organizationId: OrganizationId | null;
}

/** Asks for these again, e.g. because their objects changed on the cluster. Each at most once per call. */
export async function enqueueAll(pool: Pool, clusterId: ClusterId, keys: readonly WorkKey[]): Promise<void> {
  if (keys.length === 0) return;
  const unique = [...new Map(keys.map((key) => [`${key.kind} ${key.id}`, key])).values()].sort((a, b) =>
    a.id < b.id ? -1 : 1,
  );
  await queryPool(
    pool,
    insertMany(
      unique.map(({ kind }) => kind),
      unique.map(({ id }) => id),
      clusterId,
      unique.map(({ organizationId }) => organizationId),
      PLATFORM_ORGANIZATION,
    ),
  );
}

/** @param eips which EIPs of the cluster, as a condition on `e` */
function enqueueResources(eips: string): string {
  return `insert into work_item (kind, id, cluster_id, organization_id, run_at)
   select kind, id, $1, organization_id, clock_timestamp() + random() * make_interval(secs => $2) from (
     select 'cluster' as kind, id, $3::uuid as organization_id from cluster where id = $1 and deleted_at is null
     union all
     select 'external-network', id, $3 from external_network where cluster_id = $1 and deleted_at is null
     union all
     select 'ip-range', id, $3 from ip_range where cluster_id = $1 and deleted_at is null
     union all
     select 'project', id, organization_id from project where cluster_id = $1 and deleted_at is null
     union all
     select 'eip', e.id, e.organization_id from eip e where e.cluster_id = $1 and e.deleted_at is null and ${eips}
   ) everything
   on conflict (kind, id) do nothing`;
}

const resync = statement('enqueue_everything', enqueueResources('true'));

/** Everything of the cluster once, spread over so many seconds; what waits already keeps its time. */
export async function enqueueEverything(
  pool: Pool,
  clusterId: ClusterId,
  overSeconds: number,
): Promise<void> {
  await queryPool(pool, resync(clusterId, overSeconds, PLATFORM_ORGANIZATION));
}

const listed = statement(
  'enqueue_unlisted',
  enqueueResources(`(e.phase <> 'ready' or e.deleting_at is not null or e.observed_revision < e.revision or not exists (
         select from cluster_object o where o.owner_kind = 'eip' and o.owner_id = e.id and o.gone_at is null
           and o.uid is not null))`),
);

/** As `enqueueEverything`, but EIPs only where their row says that there is work: the rest is compared with a list. */
export async function enqueueUnlisted(pool: Pool, clusterId: ClusterId, overSeconds: number): Promise<void> {
  await queryPool(pool, listed(clusterId, overSeconds, PLATFORM_ORGANIZATION));
}

const bringForward = statement(
  'bring_work_forward',
  'update work_item set run_at = clock_timestamp() where cluster_id = $1 and run_at > clock_timestamp()',
);

/** Whatever was planned for later is due now: what had stopped the work of the cluster is over. */
export async function bringWorkForward(pool: Pool, clusterId: ClusterId): Promise<void> {
  await queryPool(pool, bringForward(clusterId));
}

const countWork = statement(
  'count_work',
  `select count(*)::int as total, count(*) filter (where lease_until >= clock_timestamp())::int as claimed,
     coalesce(extract(epoch from max(clock_timestamp() - run_at)
       filter (where run_at < clock_timestamp() and (lease_until is null or lease_until < clock_timestamp()))), 0)::float
       as oldest_seconds
   from work_item where cluster_id = $1`,
);

export interface QueueDepth {
  readonly total: number;
  readonly claimed: number;
  /** How long the oldest due item has waited. */
  readonly oldest_seconds: number;
}

export async function measureQueue(pool: Pool, clusterId: ClusterId): Promise<QueueDepth> {
  const [row] = await queryPool<QueueDepth>(pool, countWork(clusterId));
  return row ?? { total: 0, claimed: 0, oldest_seconds: 0 };
}
