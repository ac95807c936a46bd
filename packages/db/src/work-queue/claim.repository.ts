/** Claims work: who is served next, and what is claimed with what a pass over it needs first. */
import type { ClusterId, OrganizationId, ProvisionedKind } from '@netplane/domain';
import type { Pool } from 'pg';
import { queryPool } from '../client/database.ts';
import { rfc3339 } from '../client/pool.ts';
import { statement } from '../client/statement.ts';
import type { EipWorkRow } from '../eip/eip-work.repository.ts';
import { LEASE_SECONDS, type WorkClaim } from './work-queue.repository.ts';

interface ClaimRow {
  readonly kind: ProvisionedKind;
  readonly id: string;
  readonly organization_id: OrganizationId;
  readonly wanted: number;
  readonly claim: number;
  readonly attempts: number;
  /** How many an organization could get. */
  readonly share: number;
  readonly eip: EipWorkRow | null;
}

// organizations with due work by a loose index scan (one probe each), in the order of their last turn; then the
// oldest items of each, a share per organization
const claim = statement(
  'claim_work',
  `with recursive organizations as (
     (select organization_id from work_item where cluster_id = $1 order by organization_id limit 1)
     union all
     select (select w.organization_id from work_item w
             where w.cluster_id = $1 and w.organization_id > o.organization_id order by w.organization_id limit 1)
     from organizations o where o.organization_id is not null
   ), due as materialized (
     select o.organization_id, coalesce(t.served_at, '-infinity') as served_at
     from organizations o
     left join work_turn t on t.cluster_id = $1 and t.organization_id = o.organization_id
     where o.organization_id is not null and exists (
       select from work_item w where w.cluster_id = $1 and w.organization_id = o.organization_id
         and w.run_at <= clock_timestamp() and (w.lease_until is null or w.lease_until < clock_timestamp()))
     order by served_at, o.organization_id limit $2
   ), picked as materialized (
     select item.kind, item.id, item.organization_id from due
     cross join lateral (
       select w.kind, w.id, w.organization_id from work_item w
       where w.cluster_id = $1 and w.organization_id = due.organization_id and w.run_at <= clock_timestamp()
         and (w.lease_until is null or w.lease_until < clock_timestamp())
       order by w.run_at limit greatest(1, $2 / (select count(*)::int from due))
       for update skip locked
     ) item
   ), turns as (
     insert into work_turn (cluster_id, organization_id, served_at)
     select $1::uuid, organization_id, clock_timestamp() from picked group by organization_id
     on conflict (cluster_id, organization_id) do update set served_at = excluded.served_at
   )
   update work_item w
   set claim = w.claim + 1, claimed_by = $3, attempts = w.attempts + 1,
       lease_until = clock_timestamp() + make_interval(secs => $4)
   from picked where w.kind = picked.kind and w.id = picked.id
   returning w.kind, w.id, w.organization_id, w.wanted, w.claim, w.attempts,
     (select greatest(1, $2 / count(*)::int) from due) as share, case w.kind when 'eip' then eip_work(w.id) end as eip`,
);

export interface ClaimInput {
  readonly clusterId: ClusterId;
  readonly holder: string;
  readonly count: number;
}

/** A claim, and the EIP's row as it was right after. */
export interface Claimed {
  readonly claim: WorkClaim;
  /** `null` for other kinds, and where the row is gone. */
  readonly eip: EipWorkRow | null;
}

export interface Claims {
  readonly claimed: readonly Claimed[];
  /** Whether more may be due: an organization has got all that it could. */
  readonly isMoreDue: boolean;
}

/** Up to `count` due items, shared fairly between organizations. */
export async function claimWork(pool: Pool, input: ClaimInput): Promise<Claims> {
  const { clusterId, count, holder } = input;
  const rows = await queryPool<ClaimRow>(pool, claim(clusterId, count, holder, LEASE_SECONDS));
  const taken = new Map<OrganizationId, number>();
  for (const row of rows) taken.set(row.organization_id, (taken.get(row.organization_id) ?? 0) + 1);
  return {
    claimed: rows.map(claimedFromRow),
    isMoreDue: rows.some(({ organization_id: id, share }) => (taken.get(id) ?? 0) >= share),
  };
}

function claimedFromRow({ organization_id: organizationId, share: _, eip, ...row }: ClaimRow): Claimed {
  return { claim: { ...row, organizationId }, eip: eip && { ...eip, now: rfc3339(eip.now) } };
}
