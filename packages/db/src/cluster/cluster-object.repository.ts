/**
 * What Netplane made or adopted on a cluster: the proof of ownership is this row with its uid. A row is written before
 * its object is made, gets the uid with the answer, and stays 30 days after the object is gone.
 */
import type { ClusterId, OrganizationId } from '@netplane/domain';
import type { Pool } from 'pg';
import { queryPool } from '../client/database.ts';
import { statement } from '../client/statement.ts';

export interface ClusterObjectRow {
  readonly id: number;
  readonly api_version: string;
  readonly kind: string;
  /** '' for cluster-scoped kinds. */
  readonly namespace: string;
  readonly name: string;
  readonly uid: string | null;
  readonly owner_kind: string;
  readonly owner_id: string;
  readonly organization_id: OrganizationId | null;
  readonly slot: string;
  readonly origin: 'created' | 'adopted';
  readonly builder_version: number;
  readonly incarnation: number;
}

const COLUMNS = `id, api_version, kind, namespace, name, uid, owner_kind, owner_id, organization_id, slot, origin,
  builder_version, incarnation`;

const selectOfOwner = statement(
  'cluster_objects_of_owner',
  `select ${COLUMNS} from cluster_object where owner_kind = $1 and owner_id = $2 and gone_at is null order by id`,
);

/** The live rows of one owner. */
export async function listClusterObjects(
  pool: Pool,
  ownerKind: string,
  ownerId: string,
): Promise<readonly ClusterObjectRow[]> {
  return queryPool<ClusterObjectRow>(pool, selectOfOwner(ownerKind, ownerId));
}

const selectUnanswered = statement(
  'unanswered_cluster_objects',
  `select ${COLUMNS}, clock_timestamp() as now from cluster_object dead
   where owner_kind = $1 and owner_id = $2 and gone_at is not null and uid is null and not exists (
     select from cluster_object alive
     where alive.cluster_id = dead.cluster_id and alive.api_version = dead.api_version and alive.kind = dead.kind
       and alive.namespace = dead.namespace and alive.name = dead.name and alive.gone_at is null)`,
);

/**
 * Rows that ended without a uid: their POST was never answered, so it may still arrive. A name that another row has
 * taken since is that row's. `now` is the database's.
 */
export async function listUnansweredObjects(
  pool: Pool,
  ownerKind: string,
  ownerId: string,
): Promise<readonly (ClusterObjectRow & { readonly now: string })[]> {
  return queryPool(pool, selectUnanswered(ownerKind, ownerId));
}

export interface NewClusterObject {
  readonly clusterId: ClusterId;
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string | null;
  readonly ownerKind: string;
  readonly ownerId: string;
  readonly organizationId: OrganizationId | null;
  readonly slot: string;
  readonly origin: 'created' | 'adopted';
  readonly builderVersion: number;
  readonly incarnation: number;
  /** Of the owner's work item: a worker that has lost it writes nothing. */
  readonly claim: number;
}

const insert = statement(
  'insert_cluster_object',
  `insert into cluster_object (cluster_id, api_version, kind, namespace, name, uid, owner_kind, owner_id,
     organization_id, slot, origin, builder_version, incarnation)
   select $1::uuid, $2::text, $3::text, $4::text, $5::text, $6::text, $7::text, $8::uuid,
     $9::uuid, $10::text, $11::text, $12::int, $13::int
   where exists (select from work_item w where w.kind = $7 and w.id = $8 and w.claim = $14)
   on conflict do nothing returning ${COLUMNS}`,
);

/** @returns the row, or `undefined` when the name or the slot is another row's already, or the claim another worker's */
export async function insertClusterObject(
  pool: Pool,
  input: NewClusterObject,
): Promise<ClusterObjectRow | undefined> {
  const { clusterId, apiVersion, kind, namespace, name, uid, ownerKind, ownerId } = input;
  const [row] = await queryPool<ClusterObjectRow>(
    pool,
    insert(
      ...[clusterId, apiVersion, kind, namespace, name, uid, ownerKind, ownerId],
      ...[input.organizationId, input.slot, input.origin, input.builderVersion, input.incarnation],
      input.claim,
    ),
  );
  return row;
}

const setUid = statement('set_cluster_object_uid', 'update cluster_object set uid = $2 where id = $1');

export async function recordObjectUid(pool: Pool, id: number, uid: string): Promise<void> {
  await queryPool(pool, setUid(id, uid));
}

const markGone = statement(
  'mark_cluster_object_gone',
  'update cluster_object set gone_at = clock_timestamp() where id = $1',
);

export async function recordObjectGone(pool: Pool, id: number): Promise<void> {
  await queryPool(pool, markGone(id));
}

const selectByKind = statement(
  'cluster_objects_of_kind',
  `select ${COLUMNS} from cluster_object
   where cluster_id = $1 and api_version = $2 and kind = $3 and gone_at is null and uid is not null`,
);

/** All that should be there of one Kubernetes kind. */
export async function listObjectsOfKind(
  pool: Pool,
  clusterId: ClusterId,
  apiVersion: string,
  kind: string,
): Promise<readonly ClusterObjectRow[]> {
  return queryPool<ClusterObjectRow>(pool, selectByKind(clusterId, apiVersion, kind));
}

const PAGE = 5_000;
const selectUids = statement(
  'uids_of_kind',
  `select id, uid, owner_kind, owner_id, organization_id from cluster_object
   where cluster_id = $1 and api_version = $2 and kind = $3 and gone_at is null and uid is not null
     and origin = 'created' and id > $4
   order by id limit ${PAGE}`,
);

export type MadeObject = Pick<ClusterObjectRow, 'id' | 'uid' | 'owner_kind' | 'owner_id' | 'organization_id'>;

/** Those that we have made, page by page. */
export async function* listMadeObjects(
  pool: Pool,
  clusterId: ClusterId,
  apiVersion: string,
  kind: string,
): AsyncGenerator<readonly MadeObject[]> {
  let after = 0;
  for (;;) {
    const page = await queryPool<MadeObject>(pool, selectUids(clusterId, apiVersion, kind, after));
    if (page.length > 0) yield page;
    if (page.length < PAGE) return;
    after = page.at(-1)?.id ?? after;
  }
}

const selectKnown = statement(
  'known_objects',
  `select uid, name from cluster_object
   where cluster_id = $1 and (uid = any ($2) or (uid is null and gone_at is null and name = any ($3)))`,
);

/** Which of these objects are ours: a row or a tombstone has their uid, or a row waits for the uid of that name. */
export async function findOwnObjects(
  pool: Pool,
  clusterId: ClusterId,
  seen: readonly { readonly uid: string; readonly name: string }[],
): Promise<{ readonly uids: ReadonlySet<string>; readonly names: ReadonlySet<string> }> {
  const rows = await queryPool<{ uid: string | null; name: string }>(
    pool,
    selectKnown(
      clusterId,
      seen.map(({ uid }) => uid),
      seen.map(({ name }) => name),
    ),
  );
  return {
    uids: new Set(rows.flatMap(({ uid }) => uid ?? [])),
    names: new Set(rows.flatMap(({ uid, name }) => (uid === null ? [name] : []))),
  };
}

const TOMBSTONE_DAYS = 30;
const bury = statement(
  'bury_tombstones',
  `delete from cluster_object where gone_at < clock_timestamp() - make_interval(days => ${TOMBSTONE_DAYS})`,
);

export async function buryTombstones(pool: Pool): Promise<void> {
  await queryPool(pool, bury());
}
