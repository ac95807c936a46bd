/** What the worker reads of a range, and the rows of its addresses. */
import type { ReservedSpan } from '@netplane/domain';
import { formatIpv4 } from '@netplane/domain';
import type { Pool } from 'pg';
import { poolTransaction, queryPool } from '../client/database.ts';
import { statement } from '../client/statement.ts';
import type { WorkClaim } from '../work-queue/work-queue.repository.ts';
import { finishPlatformDeletion, type WorkRow, workColumns } from '../work-queue/work-row.ts';
import type { IpRangeRow } from './ip-range.row.ts';

export interface IpRangeWorkRow extends IpRangeRow, WorkRow {
  readonly conditions: WorkRow['conditions'];
  readonly deleting_at: string | null;
  readonly network_gateway: string;
  /** Name of the network's Subnet on the cluster, once the network is ready. */
  readonly network_subnet: string | null;
  readonly network_is_adopted: boolean;
}

const load = statement(
  'load_ip_range',
  `select r.*, ${workColumns('ip-range')}, n.gateway as network_gateway, n.adopt_subnet is not null as network_is_adopted,
     (select o.name from cluster_object o
      where o.owner_kind = 'external-network' and o.owner_id = n.id and o.slot = 'subnet' and o.gone_at is null
        and n.phase in ('ready', 'degraded', 'deleting')) as network_subnet
   from ip_range r join external_network n on n.id = r.external_network_id
   where r.id = $1 and r.deleted_at is null`,
);

export async function loadIpRange(pool: Pool, id: string): Promise<IpRangeWorkRow | undefined> {
  const [row] = await queryPool<IpRangeWorkRow>(pool, load(id));
  return row;
}

/** What holds an address on the cluster and is not ours. */
export interface ForeignHolder {
  readonly address: string;
  /** For the platform, e.g. `OvnEip ovn-cluster-ext-cloud`. */
  readonly reason: string;
}

const lockRange = statement(
  'lock_loading_range',
  'select loaded_at from ip_range where id = $1 and deleting_at is null for update',
);
const insertAddresses = statement(
  'insert_addresses',
  `insert into ip_address (external_network_id, address, ip_range_id)
   select $1, $3::inet + n, $2 from generate_series($4::int, $5::int) n`,
);
const reserve = statement(
  'reserve_addresses',
  `update ip_address set state = 'reserved', reason = $3
   where ip_range_id = $1 and address between $2::inet and $4::inet and state = 'free'`,
);
// not those in quarantine, which would come out of it by unblocking: its end looks for itself
const block = statement(
  'block_addresses',
  `update ip_address a set state = 'blocked', reason = held.reason
   from unnest($2::inet[], $3::text[]) as held (address, reason)
   where a.ip_range_id = $1 and a.address = held.address and a.state = 'free'`,
);
const unblock = statement(
  'unblock_addresses',
  `update ip_address set state = 'free', reason = null
   where ip_range_id = $1 and state = 'blocked' and not address = any ($2::inet[])`,
);
const markLoaded = statement(
  'mark_range_loaded',
  'update ip_range set loaded_at = clock_timestamp() where id = $1',
);

export interface RangeSurvey {
  readonly range: IpRangeWorkRow;
  /** Addresses of the range. */
  readonly size: number;
  readonly reserved: readonly ReservedSpan[];
  readonly holders: readonly ForeignHolder[];
}

/** So many rows a statement: each ends within the pool's timeout however large the range is. */
const ROWS_PER_STATEMENT = 65_536;

/**
 * Makes the rows of a range that has none, and keeps blocked what the cluster holds. Nobody sees a free address before
 * its holder is known: all of it is one transaction. A range that was deleted while the cluster was asked gets none.
 */
export async function surveyRange(pool: Pool, survey: RangeSurvey): Promise<void> {
  const { range, size, reserved, holders } = survey;
  const addresses = holders.map((holder) => holder.address);
  const why = holders.map((holder) => holder.reason);
  await poolTransaction(pool, async (tx) => {
    const [row] = await tx.query<{ loaded_at: string | null }>(lockRange(range.id));
    if (row === undefined) return;
    if (row.loaded_at === null) {
      for (let from = 0; from < size; from += ROWS_PER_STATEMENT) {
        const to = Math.min(from + ROWS_PER_STATEMENT, size) - 1;
        await tx.query(insertAddresses(range.external_network_id, range.id, range.first, from, to));
      }
      for (const { first, last, reason } of reserved) {
        await tx.query(reserve(range.id, formatIpv4(first), reason, formatIpv4(last)));
      }
      await tx.query(markLoaded(range.id));
    }
    await tx.query(block(range.id, addresses, why));
    await tx.query(unblock(range.id, addresses));
  });
}

const countLeft = statement(
  'count_addresses_left',
  'select count(*)::int as n from ip_address where ip_range_id = $1',
);
const bury = statement(
  'bury_ip_range',
  `update ip_range set deleted_at = clock_timestamp(), status_revision = status_revision + 1
   where id = $1 and deleting_at is not null and deleted_at is null returning revision, status_revision`,
);

/** Addresses of a range that are still rows: with none left it may end. */
export async function countAddressesLeft(pool: Pool, id: string): Promise<number> {
  const [row] = await queryPool<{ n: number }>(pool, countLeft(id));
  return row?.n ?? 0;
}

export async function finishIpRange(pool: Pool, claim: WorkClaim): Promise<boolean> {
  return finishPlatformDeletion(pool, claim, bury);
}
