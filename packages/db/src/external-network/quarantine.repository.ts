/**
 * Addresses rest after they are released, and are free again only when their time is over and a second look finds
 * nothing on them.
 */
import type { ClusterId, ExternalNetworkId } from '@netplane/domain';
import type { Pool } from 'pg';
import { poolTransaction, queryPool, type Tx } from '../client/database.ts';
import { statement } from '../client/statement.ts';

const quarantine = statement(
  'quarantine_addresses',
  `update ip_address
   set state = 'quarantined', holder_kind = null, holder_id = null,
       -- whoever held it may take it back, unless its range is going
       organization_id =
         case when exists (select from ip_range r where r.id = ip_range_id and r.deleting_at is null)
              then organization_id end,
       quarantined_until = clock_timestamp() + make_interval(secs => $3)
   where holder_id = $1 and state = $2`,
);

/** What the holder has in that state. Only after its objects were seen gone. */
export async function quarantineAddresses(
  tx: Tx,
  holderId: string,
  state: 'releasing' | 'router_port',
  seconds: number,
): Promise<void> {
  await tx.query(quarantine(holderId, state, seconds));
}

export interface QuarantineDue {
  readonly network_id: ExternalNetworkId;
  readonly subnet: string;
  readonly due: number;
}

const selectDue = statement(
  'quarantine_due',
  `select a.external_network_id as network_id, o.name as subnet, count(*)::int as due
   from ip_address a
   join external_network n on n.id = a.external_network_id and n.cluster_id = $1
   join cluster_object o on o.owner_kind = 'external-network' and o.owner_id = n.id and o.slot = 'subnet'
     and o.gone_at is null
   where a.state = 'quarantined' and a.quarantined_until < clock_timestamp()
   group by a.external_network_id, o.name`,
);

/** Networks of the cluster with addresses whose quarantine is over, and their Subnets. */
export async function listQuarantineDue(pool: Pool, clusterId: ClusterId): Promise<readonly QuarantineDue[]> {
  return queryPool<QuarantineDue>(pool, selectDue(clusterId));
}

const withdraw = statement(
  'withdraw_quarantined',
  `delete from ip_address a using ip_range r
   where a.external_network_id = $1 and a.state = 'quarantined' and a.quarantined_until < clock_timestamp()
     and r.id = a.ip_range_id and r.deleting_at is not null and not host(a.address) = any ($2)`,
);
const release = statement(
  'release_quarantined',
  `update ip_address
   set state = 'free', organization_id = null, quarantined_until = null
   where external_network_id = $1 and state = 'quarantined' and quarantined_until < clock_timestamp()
     and not host(address) = any ($2)`,
);
const block = statement(
  'block_quarantined',
  `update ip_address
   set state = 'blocked', quarantined_until = null, reason = 'UnknownObject'
   where external_network_id = $1 and state = 'quarantined' and quarantined_until < clock_timestamp()
     and host(address) = any ($2)`,
);

/** @param held addresses that something on the cluster holds, by a full list taken after the quarantine was over */
export async function endQuarantine(
  pool: Pool,
  networkId: ExternalNetworkId,
  held: readonly string[],
): Promise<void> {
  await poolTransaction(pool, async (tx) => {
    await tx.query(withdraw(networkId, held));
    await tx.query(release(networkId, held));
    await tx.query(block(networkId, held));
  });
}
