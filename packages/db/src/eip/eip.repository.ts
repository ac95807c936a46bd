import {
  type Eip,
  type EipId,
  type ExternalNetworkId,
  type Labels,
  NetplaneError,
  type OrganizationId,
  type ProjectId,
  presentId,
  type Scope,
} from '@netplane/domain';
import {
  assertFound,
  assertRevision,
  changeOf,
  type DeleteInput,
  isDeleting,
  lockForChange,
  type UpdateInput,
  updateRow,
} from '../client/changes.ts';
import { type ApiDatabase, query, type Tx, transaction } from '../client/database.ts';
import { namingHolder } from '../client/holders.ts';
import { type ListRequest, type ListResult, type ListTable, listRows } from '../client/list.ts';
import { channels } from '../client/notify.ts';
import { assertSameRequest, type Caller, type Created, enqueueWork, recordChange } from '../client/record.ts';
import { statement } from '../client/statement.ts';
import { type EipRow, eipFromRow } from './eip.row.ts';

const table: ListTable = {
  relation: 'eip_view',
  kind: 'eip',
  organizationColumn: 'organization_id',
  labelRows: true,
  nameColumn: 'name',
  alive: 'r.deleted_at is null',
};

const selectOne = statement('get_eip', 'select * from eip_view where id = $1 and deleted_at is null');

export async function findEip(database: ApiDatabase, scope: Scope, id: EipId): Promise<Eip | undefined> {
  const [row] = await query<EipRow>(database, scope, selectOne(id));
  return row && eipFromRow(row);
}

export async function listEips(
  database: ApiDatabase,
  scope: Scope,
  request: ListRequest,
): Promise<ListResult<Eip>> {
  const page = await listRows<EipRow>(database, scope, table, request);
  return { ...page, rows: page.rows.map(eipFromRow) };
}

export interface NewEip {
  readonly id: EipId;
  readonly projectId: ProjectId;
  readonly name: string;
  /** `null`: the project's egress network. */
  readonly network: { readonly word: string; readonly id: ExternalNetworkId | null } | null;
  readonly address: string | null;
  readonly labels: Labels;
  /** Where free addresses may begin; only a hint. */
  readonly searchFrom: string | null;
  /** Whether the commit wakes the workers. */
  readonly wakesWorkers: boolean;
}

const create = statement(
  'create_eip',
  `select replayed, fingerprint, eip, case when $16 then pg_notify('${channels.work}', '') end
   from create_eip($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
);
const byName = statement(
  'find_eip_by_name',
  'select id from eip where project_id = $1 and name = $2 and deleted_at is null',
);
const byAddress = statement(
  'find_eip_by_address',
  // an address is in one network of a cluster only
  `select id from eip where address = $1 and deleted_at is null
     and cluster_id = (select cluster_id from project where id = $2)`,
);

interface CreateEipRow {
  readonly replayed: boolean;
  readonly fingerprint: Buffer | null;
  readonly eip: EipRow;
}

/**
 * Quota, address, row, labels, usage interval, event, audit row, idempotency row and work item in one round trip.
 * @throws NetplaneError `quota_exceeded`, `pool_exhausted`, `address_in_use`, `address_out_of_range`, `name_taken`,
 *   `not_found`, `forbidden`, `being_deleted`, `network_unavailable`, `idempotency_key_reused`, `idempotency_in_flight`
 */
export async function createEip(
  database: ApiDatabase,
  scope: Scope,
  caller: Caller,
  input: NewEip,
): Promise<Created<Eip>> {
  const { id, projectId, name, network, address, labels, searchFrom, wakesWorkers } = input;
  const permitted = scope.kind === 'platform' ? null : scope.permitted;
  const { idempotency } = caller;
  const insert = create(
    ...[caller.issuerId, caller.subject, caller.email, permitted, id, projectId, name],
    ...[network?.word ?? null, network?.id ?? null, address, JSON.stringify(labels), caller.requestId],
    ...[idempotency?.key ?? null, idempotency?.fingerprint ?? null, searchFrom],
    wakesWorkers,
  );
  return withHolders(database, scope, input, async () => {
    const [row] = await query<CreateEipRow>(database, scope, insert);
    const made = assertFound(row);
    if (made.replayed && made.fingerprint !== null && idempotency !== null) {
      assertSameRequest(made.fingerprint, idempotency.fingerprint);
    }
    return { value: eipFromRow(made.eip), replayed: made.replayed };
  });
}

async function withHolders<T>(
  database: ApiDatabase,
  scope: Scope,
  { projectId, name, address }: NewEip,
  work: () => Promise<T>,
): Promise<T> {
  const nameTaken = { code: 'name_taken', kind: 'eip', lookup: byName(projectId, name) } as const;
  const addressInUse = {
    code: 'address_in_use',
    kind: 'eip',
    lookup: byAddress(address, projectId),
  } as const;
  return namingHolder(database, scope, nameTaken, () => namingHolder(database, scope, addressInUse, work));
}

export interface EipChange {
  readonly name: string;
  readonly labels: Labels;
}

const lock = statement(
  'lock_eip',
  `select e.*, (select p.name from project p
                where e.purpose = 'gateway' and p.organization_id = e.organization_id and p.id = e.project_id)
     as gateway_project_name
   from eip e where e.id = $1 and e.deleted_at is null for update`,
);
const update = statement(
  'update_eip',
  `update eip set name = $2, labels = $3, revision = revision + 1, updated_at = clock_timestamp()
   where id = $1 returning *`,
);
const removeLabels = statement(
  'remove_labels',
  'delete from resource_label where organization_id = $1 and kind = $2 and resource_id = $3',
);
const insertLabels = statement('insert_labels', 'select insert_labels($1, $2, $3, $4, $5)');
const splitUsage = statement(
  'split_usage_interval',
  `select split_usage_interval($1, $2, null, $3, 'labels_changed')`,
);

/** @throws NetplaneError `name_taken`, `managed_elsewhere` */
export async function updateEip(
  database: ApiDatabase,
  scope: Scope,
  caller: Caller,
  input: UpdateInput<Eip, EipChange>,
): Promise<Eip> {
  return updateRow<EipRow, Eip, EipChange>(database, scope, caller, input, {
    kind: 'eip',
    operation: 'eip.update',
    lock,
    fromRow: eipFromRow,
    async write(tx, change, current) {
      assertOwnMaster(current);
      if (change.name !== current.name) await assertNameIsFree(tx, current.projectId, change.name);
      const labels = JSON.stringify(change.labels);
      const [row] = await tx.query<EipRow>(update(input.id, change.name, labels));
      if (labels !== JSON.stringify(current.labels)) {
        await tx.query(removeLabels(current.organizationId, 'eip', current.id));
        await tx.query(insertLabels(current.organizationId, 'eip', current.id, current.createdAt, labels));
        await tx.query(splitUsage(current.organizationId, current.id, labels));
      }
      await enqueueWork(tx, 'eip', current.id, current.clusterId, current.organizationId);
      return row;
    },
  });
}

/** Who has the name can be read with the project; a race for it ends at the constraint, which names nobody. */
async function assertNameIsFree(tx: Tx, projectId: ProjectId, name: string): Promise<void> {
  const [other] = await tx.query<{ id: EipId }>(byName(projectId, name));
  if (other === undefined) return;
  const holder = { kind: 'eip', id: presentId('eip', other.id) } as const;
  throw new NetplaneError('name_taken', { errors: [{ pointer: '/name', holder }] });
}

/** @throws NetplaneError `managed_elsewhere` */
function assertOwnMaster(eip: Eip): void {
  if (eip.managedBy === null) return;
  const { kind, id } = eip.managedBy;
  throw new NetplaneError('managed_elsewhere', { params: { managed_by: { kind, id: presentId(kind, id) } } });
}

const releaseAddress = statement('start_address_release', 'select start_address_release($1, $2)');
const closeUsage = statement('close_usage_interval', 'select close_usage_interval($1, $2, $3)');
const markDeleting = statement(
  'mark_eip_deleting',
  `update eip set deleting_at = clock_timestamp(), phase = 'deleting', revision = revision + 1,
     status_revision = status_revision + 1, updated_at = clock_timestamp()
   where id = $1 returning *`,
);

/**
 * Held time ends here. The address and the quota come back when the cluster has let go of it.
 * @throws NetplaneError `managed_elsewhere` for a gateway EIP
 */
export async function deleteEip(
  database: ApiDatabase,
  scope: Scope,
  caller: Caller,
  input: DeleteInput,
): Promise<Eip> {
  const steps = { kind: 'eip', operation: 'eip.delete', lock, fromRow: eipFromRow } as const;
  return transaction(database, scope, async (tx) => {
    const current = await lockForChange<EipRow, Eip>(tx, scope, input, steps);
    if (isDeleting(current)) return current;
    assertRevision(current, input.expectedRevision);
    assertOwnMaster(current);
    const deleting = await startEipDeletion(tx, current.organizationId, current);
    await recordChange(tx, caller, { ...changeOf(steps, deleting), event: 'deleting', changes: {} });
    return deleting;
  });
}

/** @throws NetplaneError `not_found` */
export async function lockEip(tx: Tx, id: EipId): Promise<Eip> {
  return eipFromRow(assertFound((await tx.query<EipRow>(lock(id)))[0]));
}

/** The steps of deleting an EIP whose row is locked; also a project's, for its gateway EIP. */
export async function startEipDeletion(tx: Tx, organizationId: OrganizationId, eip: Eip): Promise<Eip> {
  const reason = eip.provisionedAt === null ? 'never_provisioned' : 'deleted';
  await tx.query(releaseAddress(organizationId, eip.id));
  await tx.query(closeUsage(organizationId, eip.id, reason));
  const [row] = await tx.query<EipRow>(markDeleting(eip.id));
  await enqueueWork(tx, 'eip', eip.id, eip.clusterId, organizationId);
  return eipFromRow(assertFound(row));
}
