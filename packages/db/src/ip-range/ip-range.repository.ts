import {
  assertRange,
  assertReservations,
  type ExternalNetworkId,
  type IpRange,
  type IpRangeId,
  knownAddress,
  type Labels,
  NetplaneError,
  type Reservation,
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
import type { ExternalNetworkRow } from '../external-network/external-network.row.ts';
import { type IpRangeRow, ipRangeFromRow } from './ip-range.row.ts';

const table: ListTable = {
  relation: 'ip_range',
  kind: 'ip-range',
  organizationColumn: null,
  labelRows: false,
  nameColumn: null,
  alive: 'r.deleted_at is null',
};

const selectOne = statement('get_ip_range', 'select * from ip_range where id = $1 and deleted_at is null');

export async function findIpRange(
  database: ApiDatabase,
  scope: Scope,
  id: IpRangeId,
): Promise<IpRange | undefined> {
  const [row] = await query<IpRangeRow>(database, scope, selectOne(id));
  return row && ipRangeFromRow(row);
}

export async function listIpRanges(
  database: ApiDatabase,
  scope: Scope,
  request: ListRequest,
): Promise<ListResult<IpRange>> {
  const page = await listRows<IpRangeRow>(database, scope, table, request);
  return { ...page, rows: page.rows.map(ipRangeFromRow) };
}

export interface NewIpRange {
  readonly id: IpRangeId;
  readonly externalNetworkId: ExternalNetworkId;
  readonly first: string;
  readonly last: string;
  readonly reservations: readonly Reservation[];
  readonly manageExcludeIps: boolean;
  readonly labels: Labels;
}

const shareNetwork = statement(
  'share_external_network',
  'select * from external_network where id = $1 and deleted_at is null for key share',
);
const insert = statement(
  'insert_ip_range',
  `insert into ip_range (id, external_network_id, cluster_id, family, first, last, span, reservations,
     manage_exclude_ips, labels)
   values ($1, $2, $3, 'ipv4', $4, $5, numrange($6, $7, '[]'), $8, $9, $10) returning *`,
);

/**
 * The range starts `pending` without addresses: the worker surveys the cluster first.
 * @throws NetplaneError `range_overlaps`, `address_out_of_range`, `too_large`, `not_found`, `being_deleted`
 */
export async function createIpRange(
  database: ApiDatabase,
  scope: Scope,
  caller: Caller,
  input: NewIpRange,
): Promise<Created<IpRange>> {
  const steps = { kind: 'ip-range', operation: 'ip-range.create' } as const;
  return transaction(database, scope, async (tx) => {
    const created = await createOnce<IpRangeRow>(
      tx,
      caller,
      { organizationId: PLATFORM_ORGANIZATION, operation: steps.operation },
      async () => {
        const [network] = await tx.query<ExternalNetworkRow>(shareNetwork(input.externalNetworkId));
        const made = await insertRange(tx, assertFound(network, '/external_network_id'), input);
        const { id: _, ...changes } = input;
        await recordChange(tx, caller, {
          ...changeOf(steps, ipRangeFromRow(made)),
          event: 'created',
          changes,
        });
        await enqueueRange(tx, made);
        return made;
      },
    );
    return { ...created, value: ipRangeFromRow(created.value) };
  });
}

async function insertRange(tx: Tx, network: ExternalNetworkRow, input: NewIpRange): Promise<IpRangeRow> {
  if (network.deleting_at !== null) {
    throw new NetplaneError('being_deleted', { errors: [{ pointer: '/external_network_id' }] });
  }
  const { id, first, last, reservations, manageExcludeIps, labels } = input;
  assertReservations(assertRange(network, first, last), reservations);
  const [row] = await tx.query<IpRangeRow>(
    insert(
      ...[id, network.id, network.cluster_id, first, last, knownAddress(first), knownAddress(last)],
      ...[JSON.stringify(reservations), manageExcludeIps, JSON.stringify(labels)],
    ),
  );
  return assertFound(row);
}

/** The network's own item renders the ranges into its Subnet's `excludeIps`. */
async function enqueueRange(tx: Tx, row: IpRangeRow): Promise<void> {
  await enqueueWork(tx, 'external-network', row.external_network_id, row.cluster_id, null);
  await enqueueWork(tx, 'ip-range', row.id, row.cluster_id, null);
}

export interface IpRangeChange {
  readonly manageExcludeIps: boolean;
  readonly labels: Labels;
}

const lock = statement(
  'lock_ip_range',
  'select * from ip_range where id = $1 and deleted_at is null for update',
);
const update = statement(
  'update_ip_range',
  `update ip_range set manage_exclude_ips = $2, labels = $3, revision = revision + 1,
     updated_at = clock_timestamp()
   where id = $1 returning *`,
);

export async function updateIpRange(
  database: ApiDatabase,
  scope: Scope,
  caller: Caller,
  input: UpdateInput<IpRange, IpRangeChange>,
): Promise<IpRange> {
  return updateRow<IpRangeRow, IpRange, IpRangeChange>(database, scope, caller, input, {
    kind: 'ip-range',
    operation: 'ip-range.update',
    lock,
    fromRow: ipRangeFromRow,
    async write(tx, { manageExcludeIps, labels }) {
      const [row] = await tx.query<IpRangeRow>(update(input.id, manageExcludeIps, JSON.stringify(labels)));
      await enqueueRange(tx, assertFound(row));
      return row;
    },
  });
}

const withdraw = statement(
  'withdraw_addresses',
  `delete from ip_address where ip_range_id = $1 and state in ('free', 'reserved', 'blocked')`,
);
const disown = statement(
  'disown_quarantined_addresses',
  `update ip_address set organization_id = null where ip_range_id = $1 and state = 'quarantined'`,
);
const countHeld = statement(
  'count_held_addresses',
  `select count(*)::int as held from ip_address a
   where a.ip_range_id = $1
     and (a.state = 'allocated'
          or (a.state = 'router_port'
              and exists (select from project p where p.id = a.holder_id and p.deleting_at is null)))`,
);
const markDeleting = statement(
  'mark_ip_range_deleting',
  `update ip_range set deleting_at = clock_timestamp(), phase = 'deleting', revision = revision + 1,
     status_revision = status_revision + 1, updated_at = clock_timestamp()
   where id = $1 returning *`,
);

/**
 * Its free addresses leave the pool at once; those being released or in quarantine sit it out
 * and go back to nobody.
 * @throws NetplaneError `has_dependents` while an address of it is held
 */
export async function deleteIpRange(
  database: ApiDatabase,
  scope: Scope,
  caller: Caller,
  input: DeleteInput,
): Promise<IpRange> {
  const steps = { kind: 'ip-range', operation: 'ip-range.delete', lock, fromRow: ipRangeFromRow } as const;
  return transaction(database, scope, async (tx) => {
    const current = await lockForChange<IpRangeRow, IpRange>(tx, scope, input, steps);
    if (isDeleting(current)) return current;
    assertRevision(current, input.expectedRevision);
    await tx.query(withdraw(input.id));
    const [counted] = await tx.query<{ held: number }>(countHeld(input.id));
    const held = counted?.held ?? 0;
    if (held > 0) {
      throw new NetplaneError('has_dependents', {
        detail: `${held} addresses of the range are in use; release them first.`,
        params: { addresses: held },
      });
    }
    await tx.query(disown(input.id));
    const [row] = await tx.query<IpRangeRow>(markDeleting(input.id));
    const deleting = ipRangeFromRow(assertFound(row));
    await recordChange(tx, caller, { ...changeOf(steps, deleting), event: 'deleting', changes: {} });
    await enqueueRange(tx, assertFound(row));
    return deleting;
  });
}
