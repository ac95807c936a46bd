import {
  type Cluster,
  type ClusterId,
  type ClusterMode,
  type Labels,
  NetplaneError,
  type ReservedCidr,
  type Scope,
} from '@netplane/domain';
import {
  assertFound,
  assertRevision,
  changeOf,
  type DeleteInput,
  hasDependent,
  isDeleting,
  lockForChange,
  type UpdateInput,
  updateRow,
} from '../client/changes.ts';
import { type ApiDatabase, query, type Tx, transaction } from '../client/database.ts';
import { namingHolder } from '../client/holders.ts';
import { type ListRequest, type ListResult, type ListTable, listRows } from '../client/list.ts';
import {
  type Caller,
  type Created,
  createOnce,
  enqueueWork,
  PLATFORM_ORGANIZATION,
  recordChange,
} from '../client/record.ts';
import { statement } from '../client/statement.ts';
import { type ClusterRow, clusterFromRow } from './cluster.row.ts';

const table: ListTable = {
  relation: 'cluster',
  kind: 'cluster',
  organizationColumn: null,
  labelRows: false,
  nameColumn: 'name',
  alive: 'r.deleted_at is null',
};

const selectOne = statement('get_cluster', 'select * from cluster where id = $1 and deleted_at is null');

export async function findCluster(
  database: ApiDatabase,
  scope: Scope,
  id: ClusterId,
): Promise<Cluster | undefined> {
  const [row] = await query<ClusterRow>(database, scope, selectOne(id));
  return row && clusterFromRow(row);
}

export async function listClusters(
  database: ApiDatabase,
  scope: Scope,
  request: ListRequest,
): Promise<ListResult<Cluster>> {
  const page = await listRows<ClusterRow>(database, scope, table, request);
  return { ...page, rows: page.rows.map(clusterFromRow) };
}

const selectForProject = statement(
  'choose_cluster',
  `select * from cluster where deleted_at is null and (id = $1 or ($1::uuid is null and deleting_at is null))
   order by created_at, id limit 1`,
);

/**
 * The cluster with that id, or the oldest one.
 * @throws NetplaneError `not_found`, `being_deleted`; `no_cluster` where none is asked for and none is there
 */
export async function chooseCluster(tx: Tx, id: ClusterId | null): Promise<Cluster> {
  const [row] = await tx.query<ClusterRow>(selectForProject(id));
  const errors = [{ pointer: '/cluster_id' }];
  if (row === undefined) throw new NetplaneError(id === null ? 'no_cluster' : 'not_found', { errors });
  const cluster = clusterFromRow(row);
  if (isDeleting(cluster)) throw new NetplaneError('being_deleted', { errors });
  return cluster;
}

export interface NewCluster {
  readonly id: ClusterId;
  readonly name: string;
  readonly mode: ClusterMode;
  readonly projectCidrPool: string;
  readonly projectCidrPrefix: number;
  readonly reservedCidrs: readonly ReservedCidr[];
  readonly labels: Labels;
}

const insert = statement(
  'insert_cluster',
  `insert into cluster (id, name, mode, project_cidr_pool, project_cidr_prefix, configured_reserved_cidrs, labels)
   values ($1, $2, $3, $4, $5, $6, $7) returning *`,
);
const byName = statement(
  'find_cluster_by_name',
  'select id from cluster where name = $1 and deleted_at is null',
);

/** @throws NetplaneError `name_taken` */
export async function createCluster(
  database: ApiDatabase,
  scope: Scope,
  caller: Caller,
  input: NewCluster,
): Promise<Created<Cluster>> {
  const { id, name, mode, labels } = input;
  const steps = { kind: 'cluster', operation: 'cluster.create' } as const;
  return namingHolder(database, scope, { code: 'name_taken', kind: 'cluster', lookup: byName(name) }, () =>
    transaction(database, scope, async (tx) => {
      const created = await createOnce<ClusterRow>(
        tx,
        caller,
        { organizationId: PLATFORM_ORGANIZATION, operation: steps.operation },
        async () => {
          const reserved = input.reservedCidrs.map(({ cidr, reservedBy }) => ({
            cidr,
            reserved_by: reservedBy,
          }));
          const [row] = await tx.query<ClusterRow>(
            insert(
              ...[id, name, mode, input.projectCidrPool, input.projectCidrPrefix],
              ...[JSON.stringify(reserved), JSON.stringify(labels)],
            ),
          );
          const made = assertFound(row);
          const changes = { name, mode, labels };
          await recordChange(tx, caller, {
            ...changeOf(steps, clusterFromRow(made)),
            event: 'created',
            changes,
          });
          await enqueueWork(tx, 'cluster', id, id, null);
          return made;
        },
      );
      return { ...created, value: clusterFromRow(created.value) };
    }),
  );
}

export interface ClusterChange {
  readonly mode: ClusterMode;
  readonly kubeSystemUid: string | null;
  /** Confirms what is held; nothing is confirmed without it. */
  readonly heldDisruptions?: 0;
  readonly labels: Labels;
}

const lock = statement(
  'lock_cluster',
  'select * from cluster where id = $1 and deleted_at is null for update',
);
// accepting what was seen forgets it; confirming held changes begins their count anew; who manages a cluster that was
// observed has seen to the differences, and takes this database for the one that may
const update = statement(
  'update_cluster',
  `with taken as (
     update cluster_database d set database = database_identity()
     from cluster c where c.id = $1 and d.cluster_id = c.id and $2 = 'manage' and c.mode = 'observe'
   )
   update cluster set mode = $2, kube_system_uid = $3, labels = $5,
     seen_kube_system_uid = case when seen_kube_system_uid = $3 then null else seen_kube_system_uid end,
     held_disruptions = case when $4 then 0 else held_disruptions end,
     unasked_disruptions = case when $4 then 0 else unasked_disruptions end,
     unasked_since = case when $4 then null else unasked_since end,
     epoch = case when $2 = 'manage' then greatest(epoch, coalesce(seen_epoch, 0)) else epoch end,
     seen_epoch = case when $2 = 'manage' then null else seen_epoch end,
     revision = revision + 1, updated_at = clock_timestamp()
   where id = $1 returning *`,
);

export async function updateCluster(
  database: ApiDatabase,
  scope: Scope,
  caller: Caller,
  input: UpdateInput<Cluster, ClusterChange>,
): Promise<Cluster> {
  return updateRow<ClusterRow, Cluster, ClusterChange>(database, scope, caller, input, {
    kind: 'cluster',
    operation: 'cluster.update',
    lock,
    fromRow: clusterFromRow,
    async write(tx, { mode, kubeSystemUid, heldDisruptions, labels }, current) {
      const [row] = await tx.query<ClusterRow>(
        update(input.id, mode, kubeSystemUid, heldDisruptions === 0, JSON.stringify(labels)),
      );
      await enqueueWork(tx, 'cluster', current.id, current.id, null);
      return row;
    },
  });
}

const findDependent = statement(
  'find_dependent_of_cluster',
  `select 'external-network' as kind, id from external_network
   where cluster_id = $1 and deleting_at is null and deleted_at is null
   union all
   select 'project', id from project where cluster_id = $1 and deleting_at is null and deleted_at is null
   limit 1`,
);
const markDeleting = statement(
  'mark_cluster_deleting',
  `update cluster set deleting_at = clock_timestamp(), phase = 'deleting', revision = revision + 1,
     status_revision = status_revision + 1, updated_at = clock_timestamp(),
     -- a cluster that no worker has ever reached, and that nothing is left on, has nothing to let go of
     deleted_at = case
       when kube_system_uid is null
         and not exists (select from external_network n where n.cluster_id = $1 and n.deleted_at is null)
         and not exists (select from project p where p.cluster_id = $1 and p.deleted_at is null)
       then clock_timestamp() end
   where id = $1 returning *`,
);

/** @returns the cluster while its worker lets go of it, `undefined` when it is gone at once */
export async function deleteCluster(
  database: ApiDatabase,
  scope: Scope,
  caller: Caller,
  input: DeleteInput,
): Promise<Cluster | undefined> {
  const steps = { kind: 'cluster', operation: 'cluster.delete', lock, fromRow: clusterFromRow } as const;
  return transaction(database, scope, async (tx) => {
    const current = await lockForChange<ClusterRow, Cluster>(tx, scope, input, steps);
    if (isDeleting(current)) return current;
    assertRevision(current, input.expectedRevision);
    const [dependent] = await tx.query<{ kind: 'external-network' | 'project'; id: string }>(
      findDependent(input.id),
    );
    if (dependent !== undefined) throw hasDependent(dependent.kind, dependent.id);
    const [row] = await tx.query<ClusterRow & { deleted_at: string | null }>(markDeleting(input.id));
    const marked = assertFound(row);
    const deleting = clusterFromRow(marked);
    const event = marked.deleted_at === null ? 'deleting' : 'deleted';
    await recordChange(tx, caller, { ...changeOf(steps, deleting), event, changes: {} });
    if (event === 'deleted') return undefined;
    await enqueueWork(tx, 'cluster', current.id, current.id, null);
    return deleting;
  });
}
