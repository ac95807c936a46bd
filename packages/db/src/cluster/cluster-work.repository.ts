/** What the worker reads and keeps of the cluster that it serves. */
import type { ClusterId, ReservedCidr } from '@netplane/domain';
import type { Pool } from 'pg';
import { poolTransaction, queryPool } from '../client/database.ts';
import { statement } from '../client/statement.ts';
import type { WorkClaim } from '../work-queue/work-queue.repository.ts';
import { finishPlatformDeletion, type WorkRow, workColumns } from '../work-queue/work-row.ts';
import type { ClusterRow } from './cluster.row.ts';

export interface ClusterWorkRow extends ClusterRow, WorkRow {
  readonly conditions: WorkRow['conditions'];
  readonly deleting_at: string | null;
  readonly seen_epoch: number | null;
  /** Names this database and no copy of it. */
  readonly own_database: string;
  /** Whether the operator has let another database than this one manage the cluster: this one is a copy of it. */
  readonly is_copy: boolean;
  /** Whether addresses have to be compared with the cluster before anything is given or written. */
  readonly needs_survey: boolean;
  /** Whether networks or projects are still on it, those being deleted included. */
  readonly has_dependents: boolean;
  /** Provider networks that external networks ask for. */
  readonly provider_networks: readonly string[];
}

const COLUMNS = `select r.*, ${workColumns('cluster')}, database_identity() as own_database,
  d.database is distinct from database_identity() as is_copy,
  d.surveyed_database is distinct from database_state() as needs_survey,
  exists (select from external_network n where n.cluster_id = r.id and n.deleted_at is null)
    or exists (select from project p where p.cluster_id = r.id and p.deleted_at is null) as has_dependents,
  coalesce((select array_agg(distinct n.provider_network) from external_network n
            where n.cluster_id = r.id and n.deleted_at is null and n.provider_network is not null), '{}')
    as provider_networks
  from cluster r left join cluster_database d on d.cluster_id = r.id`;

const load = statement('load_cluster', `${COLUMNS} where r.id = $1 and r.deleted_at is null`);
const byName = statement('load_cluster_by_name', `${COLUMNS} where r.name = $1 and r.deleted_at is null`);

export async function loadCluster(pool: Pool, id: string): Promise<ClusterWorkRow | undefined> {
  const [row] = await queryPool<ClusterWorkRow>(pool, load(id));
  return row;
}

export async function loadClusterByName(pool: Pool, name: string): Promise<ClusterWorkRow | undefined> {
  const [row] = await queryPool<ClusterWorkRow>(pool, byName(name));
  return row;
}

const selectInstallation = statement('read_installation', 'select id from installation');

/** UUID of this installation: it stands on every object that it makes. */
export async function readInstallation(pool: Pool): Promise<string> {
  const [row] = await queryPool<{ id: string }>(pool, selectInstallation());
  if (row === undefined) throw new Error('the database has no installation row');
  return row.id;
}

const recordIdentity = statement(
  'record_cluster_identity',
  `update cluster
   set kube_system_uid = coalesce(kube_system_uid, $2),
       seen_kube_system_uid = case when coalesce(kube_system_uid, $2) = $2 then null else $2 end
   where id = $1
     and (kube_system_uid is distinct from $2 or seen_kube_system_uid is not null)`,
);

/** The first identity is kept; another one is noted for a platform admin to accept. */
export async function noteIdentity(pool: Pool, id: ClusterId, kubeSystemUid: string): Promise<void> {
  await queryPool(pool, recordIdentity(id, kubeSystemUid));
}

const raise = statement('raise_epoch', 'update cluster set epoch = epoch + 1 where id = $1 returning epoch');

/** Here first and then on the cluster: the cluster is never ahead of a database that lost nothing. */
export async function raiseEpoch(pool: Pool, id: ClusterId): Promise<number> {
  const [row] = await queryPool<{ epoch: number }>(pool, raise(id));
  return row?.epoch ?? 0;
}

const stepBack = statement(
  'observe_after_restore',
  `with stepped as (
     update cluster set mode = 'observe', seen_epoch = greatest(coalesce(seen_epoch, 0), $2),
       revision = revision + 1, updated_at = clock_timestamp()
     where id = $1 and mode = 'manage' returning id
   )
   update cluster_database d set surveyed_database = null from stepped where d.cluster_id = stepped.id`,
);

/**
 * The cluster knows a later time than this database, or another database: nothing more is written, and no address given,
 * until the operator manages again.
 */
export async function observeAfterRestore(pool: Pool, id: ClusterId, seenEpoch: number): Promise<void> {
  await queryPool(pool, stepBack(id, seenEpoch));
}

const blockHeld = statement(
  'block_held_addresses',
  `update ip_address a set state = 'blocked', reason = held.reason
   from unnest($2::inet[], $3::text[]) as held (address, reason)
   where a.external_network_id = $1 and a.address = held.address and a.state = 'free'`,
);
const disown = statement(
  'disown_held_quarantine',
  `update ip_address set organization_id = null
   where external_network_id = $1 and address = any ($2::inet[]) and state = 'quarantined'`,
);

/** What somebody holds is nobody's next address: free ones are blocked, those at rest lose whoever may take them back. */
export async function keepHeldAddresses(
  pool: Pool,
  networkId: string,
  holders: readonly { readonly address: string; readonly reason: string }[],
): Promise<void> {
  const addresses = holders.map(({ address }) => address);
  await poolTransaction(pool, async (tx) => {
    const reasons = holders.map(({ reason }) => reason);
    await tx.query(blockHeld(networkId, addresses, reasons));
    await tx.query(disown(networkId, addresses));
  });
}

const markSurveyed = statement(
  'mark_database_surveyed',
  `update cluster_database d set surveyed_database = database_state()
   from cluster c where c.id = $1 and c.mode = 'manage' and d.cluster_id = c.id and d.database = database_identity()`,
);

/** The addresses of this database agree with the cluster: they may be given. */
export async function recordDatabaseSurvey(pool: Pool, id: ClusterId): Promise<void> {
  await queryPool(pool, markSurveyed(id));
}

const keepSurvey = statement(
  'keep_cluster_survey',
  `update cluster set capabilities = $2, surveyed_reserved_cidrs = $3
   where id = $1 and (capabilities <> $2 or surveyed_reserved_cidrs <> $3)`,
);

export async function keepClusterSurvey(
  pool: Pool,
  id: ClusterId,
  survey: { readonly capabilities: readonly string[]; readonly reserved: readonly ReservedCidr[] },
): Promise<void> {
  const reserved = survey.reserved.map(({ cidr, reservedBy }) => ({ cidr, reserved_by: reservedBy }));
  await queryPool(pool, keepSurvey(id, survey.capabilities, JSON.stringify(reserved)));
}

const reserveDisruptions = statement(
  'reserve_disruptions',
  `with locked as (
     select id, unasked_disruptions as n,
       coalesce(unasked_since > clock_timestamp() - interval '1 hour', false) as is_same_hour
     from cluster where id = $1 and held_disruptions = 0 for update
   ), counted as (
     select id, is_same_hour, case when is_same_hour then n else 0 end as before from locked
   )
   update cluster c
   set unasked_disruptions = before + case when before + $2 <= $3 then $2 else 0 end,
       unasked_since = case when is_same_hour then unasked_since else clock_timestamp() end,
       held_disruptions = case when before + $2 <= $3 then 0 else $2 end
   from counted where c.id = counted.id
   returning held_disruptions`,
);

/** Whether so many changes that nobody asked for may be made; past the limit of an hour they are held for confirmation. */
export async function mayDisrupt(pool: Pool, id: ClusterId, count: number, max: number): Promise<boolean> {
  const [row] = await queryPool<{ held_disruptions: number }>(pool, reserveDisruptions(id, count, max));
  return row?.held_disruptions === 0;
}

const bury = statement(
  'bury_cluster',
  `update cluster set deleted_at = clock_timestamp(), status_revision = status_revision + 1
   where id = $1 and deleting_at is not null and deleted_at is null returning revision, status_revision`,
);

export async function finishCluster(pool: Pool, claim: WorkClaim): Promise<boolean> {
  return finishPlatformDeletion(pool, claim, bury);
}

const unready = statement(
  'unready_of_cluster',
  `select 'project' as kind, id, organization_id from project where cluster_id = $1 and deleted_at is null
   union all
   select 'external-network', id, null from external_network
   where cluster_id = $1 and deleted_at is null and phase <> 'ready'`,
);

/** Its projects, which show a condition of their cluster, and networks that may have waited for it. */
export async function listUnreadyOfCluster(pool: Pool, id: ClusterId) {
  return queryPool<{ kind: 'project' | 'external-network'; id: string; organization_id: string | null }>(
    pool,
    unready(id),
  );
}

const differences = statement(
  'count_differences',
  'select invariant, count(*)::int as n from invariant_difference group by invariant',
);

/** What counters, addresses and intervals say against the rows that they count; always empty. */
export async function countDifferences(pool: Pool) {
  return queryPool<{ invariant: string; n: number }>(pool, differences());
}
