/** What the doctor compares with the cluster, and what it finds in the database alone. Only reads. */
import type { ClusterId, OrganizationId, Phase } from '@netplane/domain';
import type { Pool } from 'pg';
import { queryPool } from '../client/database.ts';
import { statement } from '../client/statement.ts';
import type { ClusterObjectRow } from '../cluster/cluster-object.repository.ts';

export interface Found {
  readonly kind: string;
  /** Whom or what it is about: an id, an address, a counter. */
  readonly subject: string;
  readonly detail: string;
}

const selectInvariants = statement(
  'list_invariant_differences',
  `select invariant as kind, subject, format('recorded %s, counted %s', recorded, counted) as detail
   from invariant_difference order by 1, 2`,
);
const selectAddresses = statement(
  'list_address_differences',
  'select kind, subject, detail from address_difference order by 1, 2',
);

/** Counters, addresses and intervals against the rows that they count: one snapshot, so nothing in flight differs. */
export async function listInvariantDifferences(pool: Pool): Promise<readonly Found[]> {
  return queryPool<Found>(pool, selectInvariants());
}

/** Addresses against what claims them: one snapshot again. */
export async function listAddressDifferences(pool: Pool): Promise<readonly Found[]> {
  return queryPool<Found>(pool, selectAddresses());
}

/** Every provisioned row that is not gone, as far as it matters to its objects. */
const RESOURCES = `
  select 'cluster' as kind, id, null::uuid as organization_id, phase, deleting_at, id as cluster_id from cluster
  where deleted_at is null
  union all
  select 'external-network', id, null, phase, deleting_at, cluster_id from external_network where deleted_at is null
  union all
  select 'ip-range', id, null, phase, deleting_at, cluster_id from ip_range where deleted_at is null
  union all
  select 'project', id, organization_id, phase, deleting_at, cluster_id from project where deleted_at is null
  union all
  select 'eip', id, organization_id, phase, deleting_at, cluster_id from eip where deleted_at is null`;

const selectResources = statement(
  'resources_of_cluster',
  `select * from (${RESOURCES}) r where cluster_id = $1`,
);

export interface ResourceRow {
  readonly kind: string;
  readonly id: string;
  readonly organization_id: OrganizationId | null;
  readonly phase: Phase;
}

/** Everything that the cluster has to agree with. */
export async function listResources(pool: Pool, clusterId: ClusterId): Promise<readonly ResourceRow[]> {
  return queryPool<ResourceRow>(pool, selectResources(clusterId));
}

const selectUnattended = statement(
  'unattended_resources',
  `select 'unattended' as kind, r.kind || ' ' || r.id as subject, 'is ' || r.phase || ' and nobody works on it' as detail
   from (${RESOURCES}) r
   where r.cluster_id = $1 and r.phase <> 'ready'
     and not exists (select from work_item w where w.kind = r.kind and w.id = r.id)
   order by 2`,
);

/** What is not ready and has no work item: it would wait for a resync. */
export async function listUnattended(pool: Pool, clusterId: ClusterId): Promise<readonly Found[]> {
  return queryPool<Found>(pool, selectUnattended(clusterId));
}

const selectMisfiled = statement(
  'misfiled_objects',
  `select 'ownerless_row' as kind, o.kind || '/' || o.name as subject, o.owner_kind || ' ' || o.owner_id || ' is gone' as detail
   from cluster_object o
   where o.cluster_id = $1 and o.gone_at is null
     and not exists (select from (${RESOURCES}) r where r.kind = o.owner_kind and r.id = o.owner_id)
   union all
   select 'double_object', o.kind || '/' || o.name, format('%s %s has %s', o.owner_kind, o.owner_id, other.name)
   from cluster_object o
   join cluster_object other on other.owner_kind = o.owner_kind and other.owner_id = o.owner_id
     and other.slot = o.slot and other.incarnation < o.incarnation and other.gone_at is null
   where o.cluster_id = $1 and o.gone_at is null
   order by 1, 2`,
);

/** Rows of objects whose resource is gone, and second ones in one slot. */
export async function listMisfiledObjects(pool: Pool, clusterId: ClusterId): Promise<readonly Found[]> {
  return queryPool<Found>(pool, selectMisfiled(clusterId));
}

export type RecordedObject = Pick<
  ClusterObjectRow,
  'id' | 'api_version' | 'kind' | 'namespace' | 'name' | 'uid' | 'owner_kind' | 'owner_id' | 'slot'
>;

const selectRecorded = statement(
  'recorded_objects',
  `select id, api_version, kind, namespace, name, uid, owner_kind, owner_id, slot from cluster_object
   where cluster_id = $1 and gone_at is null order by id`,
);

/** The live rows of the cluster's objects. */
export async function listRecordedObjects(
  pool: Pool,
  clusterId: ClusterId,
): Promise<readonly RecordedObject[]> {
  return queryPool<RecordedObject>(pool, selectRecorded(clusterId));
}

const selectBuried = statement(
  'recorded_as_gone',
  'select uid from cluster_object where cluster_id = $1 and gone_at is not null and uid = any ($2)',
);

/** Which of these uids a tombstone has. */
export async function findRecordedAsGone(
  pool: Pool,
  clusterId: ClusterId,
  uids: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await queryPool<{ uid: string }>(pool, selectBuried(clusterId, uids));
  return new Set(rows.map(({ uid }) => uid));
}

export interface RowState {
  readonly id: number;
  readonly uid: string | null;
  /** `null` where the owner is gone. */
  readonly phase: Phase | null;
  /** A worker has the owner's item, or may take it now. */
  readonly in_flight: boolean;
}

const selectStates = statement(
  'states_of_recorded',
  `select o.id, o.uid, r.phase,
     exists (
       select from work_item w join cluster c on c.id = w.cluster_id join cluster_database d on d.cluster_id = c.id
       where w.kind = o.owner_kind and w.id = o.owner_id
         -- of a cluster that nobody may write to nothing is on its way
         and c.mode = 'manage' and c.held_disruptions = 0 and c.seen_kube_system_uid is null
         and d.database = database_identity() and d.surveyed_database = database_state()
         and (w.run_at <= clock_timestamp() or w.lease_until >= clock_timestamp())
     ) as in_flight
   from cluster_object o left join (${RESOURCES}) r on r.kind = o.owner_kind and r.id = o.owner_id
   where o.id = any ($1) and o.gone_at is null`,
);

/** What these rows say now; rows that have gone meanwhile are left out. */
export async function readRowStates(pool: Pool, ids: readonly number[]): Promise<readonly RowState[]> {
  return ids.length === 0 ? [] : queryPool<RowState>(pool, selectStates(ids));
}

const selectFree = statement(
  'free_among',
  `select host(address) as address from ip_address
   where external_network_id = $1 and state = 'free' and address = any ($2::inet[])`,
);

/** Which of these addresses the next create may be given. */
export async function listFreeAmong(
  pool: Pool,
  networkId: string,
  addresses: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await queryPool<{ address: string }>(pool, selectFree(networkId, addresses));
  return new Set(rows.map(({ address }) => address));
}

const selectSubnets = statement(
  'network_subnets',
  `select n.id as network_id, o.name as subnet
   from external_network n
   join cluster_object o on o.owner_kind = 'external-network' and o.owner_id = n.id and o.slot = 'subnet'
     and o.gone_at is null
   where n.cluster_id = $1 and n.deleted_at is null`,
);

/** External networks of the cluster with the Subnets that they are there. */
export async function listNetworkSubnets(
  pool: Pool,
  clusterId: ClusterId,
): Promise<readonly { readonly network_id: string; readonly subnet: string }[]> {
  return queryPool(pool, selectSubnets(clusterId));
}
