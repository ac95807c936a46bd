import {
  type AddressCounts,
  type AddressState,
  addressStates,
  type ClusterId,
  type ExternalNetwork,
  type ExternalNetworkId,
  type Family,
  type Kind,
  type Labels,
  NetplaneError,
  type NetworkType,
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
import { type ExternalNetworkRow, externalNetworkFromRow } from './external-network.row.ts';

const table: ListTable = {
  relation: 'external_network',
  kind: 'external-network',
  organizationColumn: null,
  labelRows: false,
  nameColumn: 'name',
  alive: 'r.deleted_at is null',
};

const selectOne = statement(
  'get_external_network',
  'select * from external_network where id = $1 and deleted_at is null',
);

export async function findExternalNetwork(
  database: ApiDatabase,
  scope: Scope,
  id: ExternalNetworkId,
): Promise<ExternalNetwork | undefined> {
  const [row] = await query<ExternalNetworkRow>(database, scope, selectOne(id));
  return row && externalNetworkFromRow(row);
}

export async function listExternalNetworks(
  database: ApiDatabase,
  scope: Scope,
  request: ListRequest,
): Promise<ListResult<ExternalNetwork>> {
  const page = await listRows<ExternalNetworkRow>(database, scope, table, request);
  return { ...page, rows: page.rows.map(externalNetworkFromRow) };
}

const selectHasFree = statement(
  'networks_have_free',
  'select id, network_has_free(id) as has_free from unnest($1::uuid[]) as network (id)',
);

/** Which of these networks has an address that the scope's organizations can have. */
export async function findNetworksWithFree(
  database: ApiDatabase,
  scope: Scope,
  ids: readonly ExternalNetworkId[],
): Promise<ReadonlySet<ExternalNetworkId>> {
  if (ids.length === 0) return new Set();
  const rows = await query<{ id: ExternalNetworkId; has_free: boolean }>(database, scope, selectHasFree(ids));
  return new Set(rows.filter((row) => row.has_free).map((row) => row.id));
}

const selectCounts = statement(
  'count_addresses',
  `select external_network_id as id, state, count(*)::int as n from ip_address
   where external_network_id = any ($1) group by external_network_id, state`,
);

/** Addresses by state of each network; the platform's eyes only. */
export async function countAddresses(
  database: ApiDatabase,
  ids: readonly ExternalNetworkId[],
): Promise<ReadonlyMap<ExternalNetworkId, AddressCounts>> {
  const rows = await query<{ id: ExternalNetworkId; state: AddressState; n: number }>(
    database,
    { kind: 'platform' },
    selectCounts(ids),
  );
  return new Map(
    ids.map((id) => {
      const own = rows.filter((row) => row.id === id);
      const counts = addressStates.map((state) => [state, own.find((row) => row.state === state)?.n ?? 0]);
      return [id, Object.fromEntries(counts) as AddressCounts]; // one entry per state
    }),
  );
}

export interface NewExternalNetwork {
  readonly id: ExternalNetworkId;
  readonly clusterId: ClusterId;
  readonly name: string;
  readonly type: NetworkType;
  readonly family: Family;
  readonly cidr: string;
  readonly gateway: string;
  readonly vlanId: number | null;
  readonly providerNetwork: string | null;
  readonly adoptSubnet: string | null;
  readonly labels: Labels;
}

const insert = statement(
  'insert_external_network',
  `insert into external_network (id, cluster_id, name, type, family, cidr, gateway, vlan_id, provider_network,
     adopt_subnet, labels)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) returning *`,
);
const shareCluster = statement(
  'share_cluster',
  'select deleting_at from cluster where id = $1 and deleted_at is null for key share',
);
// the lock under which project CIDRs are taken
const lockCidrs = statement(
  'lock_project_cidrs',
  `select pg_advisory_xact_lock(hashtextextended('project cidr ' || $1, 7))`,
);
const projectsInside = statement(
  'find_project_inside',
  'select cidr from project where cluster_id = $1 and deleted_at is null and cidr && $2::cidr limit 1',
);
const byName = statement(
  'find_external_network_by_name',
  'select id from external_network where cluster_id = $1 and name = $2 and deleted_at is null',
);

/** @throws NetplaneError `name_taken`, `cidr_in_use`, `vlan_in_use`, `not_found` and `being_deleted` for the cluster */
export async function createExternalNetwork(
  database: ApiDatabase,
  scope: Scope,
  caller: Caller,
  input: NewExternalNetwork,
): Promise<Created<ExternalNetwork>> {
  const steps = { kind: 'external-network', operation: 'external-network.create' } as const;
  const lookup = byName(input.clusterId, input.name);
  return namingHolder(database, scope, { code: 'name_taken', kind: 'external-network', lookup }, () =>
    transaction(database, scope, async (tx) => {
      const created = await createOnce<ExternalNetworkRow>(
        tx,
        caller,
        { organizationId: PLATFORM_ORGANIZATION, operation: steps.operation },
        async () => {
          await assertRoomOnCluster(tx, input);
          const made = assertFound((await tx.query<ExternalNetworkRow>(insertOf(input)))[0]);
          const { id: _, labels, ...changes } = input;
          await recordChange(tx, caller, {
            ...changeOf(steps, externalNetworkFromRow(made)),
            event: 'created',
            changes: { ...changes, labels },
          });
          await enqueueNetwork(tx, input);
          return made;
        },
      );
      return { ...created, value: externalNetworkFromRow(created.value) };
    }),
  );
}

function insertOf(input: NewExternalNetwork) {
  const { id, clusterId, name, type, family, cidr, gateway, vlanId, providerNetwork, adoptSubnet, labels } =
    input;
  return insert(
    ...[id, clusterId, name, type, family, cidr, gateway, vlanId],
    ...[providerNetwork, adoptSubnet, JSON.stringify(labels)],
  );
}

async function assertRoomOnCluster(tx: Tx, input: NewExternalNetwork): Promise<void> {
  const [cluster] = await tx.query<{ deleting_at: string | null }>(shareCluster(input.clusterId));
  if (assertFound(cluster, '/cluster_id').deleting_at !== null) {
    throw new NetplaneError('being_deleted', { errors: [{ pointer: '/cluster_id' }] });
  }
  await tx.query(lockCidrs(input.clusterId));
  const [project] = await tx.query<{ cidr: string }>(projectsInside(input.clusterId, input.cidr));
  if (project !== undefined) throw new NetplaneError('cidr_in_use', { errors: [{ pointer: '/cidr' }] });
}

/** The cluster's own item holds the provider networks that several external networks share. */
async function enqueueNetwork(tx: Tx, network: Pick<ExternalNetwork, 'id' | 'clusterId'>): Promise<void> {
  await enqueueWork(tx, 'external-network', network.id, network.clusterId, null);
  await enqueueWork(tx, 'cluster', network.clusterId, network.clusterId, null);
}

export interface ExternalNetworkChange {
  readonly labels: Labels;
}

const lock = statement(
  'lock_external_network',
  'select * from external_network where id = $1 and deleted_at is null for update',
);
const update = statement(
  'update_external_network',
  `update external_network set labels = $2, revision = revision + 1, updated_at = clock_timestamp()
   where id = $1 returning *`,
);

export async function updateExternalNetwork(
  database: ApiDatabase,
  scope: Scope,
  caller: Caller,
  input: UpdateInput<ExternalNetwork, ExternalNetworkChange>,
): Promise<ExternalNetwork> {
  return updateRow<ExternalNetworkRow, ExternalNetwork, ExternalNetworkChange>(
    database,
    scope,
    caller,
    input,
    {
      kind: 'external-network',
      operation: 'external-network.update',
      lock,
      fromRow: externalNetworkFromRow,
      async write(tx, { labels }, current) {
        const [row] = await tx.query<ExternalNetworkRow>(update(input.id, JSON.stringify(labels)));
        await enqueueWork(tx, 'external-network', current.id, current.clusterId, null);
        return row;
      },
    },
  );
}

const findDependent = statement(
  'find_dependent_of_network',
  `select 'ip-range' as kind, id from ip_range
   where external_network_id = $1 and deleting_at is null and deleted_at is null
   union all
   select 'eip', id from eip where external_network_id = $1 and deleting_at is null and deleted_at is null
   union all
   select 'project', id from project
   where external_network_id = $1 and deleting_at is null and deleted_at is null
   limit 1`,
);
const markDeleting = statement(
  'mark_external_network_deleting',
  `update external_network set deleting_at = clock_timestamp(), phase = 'deleting', revision = revision + 1,
     status_revision = status_revision + 1, updated_at = clock_timestamp()
   where id = $1 returning *`,
);

/** @throws NetplaneError `has_dependents` while a range, an EIP or a project uses it */
export async function deleteExternalNetwork(
  database: ApiDatabase,
  scope: Scope,
  caller: Caller,
  input: DeleteInput,
): Promise<ExternalNetwork> {
  const steps = {
    kind: 'external-network',
    operation: 'external-network.delete',
    lock,
    fromRow: externalNetworkFromRow,
  } as const;
  return transaction(database, scope, async (tx) => {
    const current = await lockForChange<ExternalNetworkRow, ExternalNetwork>(tx, scope, input, steps);
    if (isDeleting(current)) return current;
    assertRevision(current, input.expectedRevision);
    const [dependent] = await tx.query<{ kind: Kind; id: string }>(findDependent(input.id));
    if (dependent !== undefined) throw hasDependent(dependent.kind, dependent.id);
    const [row] = await tx.query<ExternalNetworkRow>(markDeleting(input.id));
    const deleting = externalNetworkFromRow(assertFound(row));
    await recordChange(tx, caller, { ...changeOf(steps, deleting), event: 'deleting', changes: {} });
    await enqueueNetwork(tx, deleting);
    return deleting;
  });
}
