/** External networks whose addresses are rows already, as many of them taken as a measurement wants. */

import type { Stage } from './stage.ts';
import { uuidOf } from './tenants.ts';

export interface Network {
  /** As the API shows it. */
  readonly id: string;
  readonly uuid: string;
  /** Its first address. */
  readonly base: string;
  /** Addresses that it hands out. */
  readonly size: number;
}

export interface NetworkOptions {
  readonly name: string;
  /** At least a /16, aligned; its first 16 addresses are left to the network itself. */
  readonly cidr: string;
  /** Share of the addresses that is taken, 0 to 1, spread over all of them. */
  readonly taken?: number;
}

/** Whoever holds what is taken: no EIP, so that it can be given back between rounds. */
const HOLDER_KIND = 'bench';
/** Offset of the first address that it hands out. */
const FIRST_OFFSET = 16;

export async function createNetwork(stage: Stage, options: NetworkOptions): Promise<Network> {
  const { client, clusterId, database } = stage;
  const { name, cidr, taken = 0 } = options;
  const [base = '', prefix = ''] = cidr.split('/');
  const size = 2 ** (32 - Number(prefix)) - FIRST_OFFSET - 1;
  const network = await client.must<{ id: string }>('POST', '/v1/external-networks', {
    body: {
      ...{ cluster_id: clusterId, provider_network: 'bench', name, type: 'cloud', cidr },
      ...{ gateway: plus(base, 1), vlan_id: 1 + Number(base.split('.')[1]) },
    },
  });
  const range = await client.must<{ id: string }>('POST', '/v1/ip-ranges', {
    body: {
      ...{
        external_network_id: network.id,
        first: plus(base, FIRST_OFFSET),
        last: plus(base, FIRST_OFFSET + size - 1),
      },
    },
  });
  const uuid = uuidOf('external-network', network.id);
  const rangeId = uuidOf('ip-range', range.id);
  // one statement, so that a /12 is there in seconds; what is taken is spread evenly by a hash
  await database.owner.query(
    `insert into ip_address (external_network_id, address, ip_range_id, state, holder_kind, holder_id)
     select $1, $3::inet + n, $2,
       case when is_taken then 'allocated' else 'free' end,
       case when is_taken then '${HOLDER_KIND}' end,
       case when is_taken then gen_random_uuid() end
     from (
       select n, (hashint4(n) & 65535) < $5::float * 65536 as is_taken from generate_series(0, $4::int - 1) n
     ) numbered`,
    [uuid, rangeId, plus(base, FIRST_OFFSET), size, taken],
  );
  await database.owner.query('update ip_range set loaded_at = clock_timestamp() where id = $1', [rangeId]);
  await database.owner.query('vacuum analyze ip_address');
  return { id: network.id, uuid, base, size };
}

/** Gives back so many of the addresses that `taken` took: the network is as full as before a round of creates. */
export async function giveBack(stage: Stage, network: Network, count: number): Promise<void> {
  await stage.database.owner.query(
    `update ip_address set state = 'free', holder_kind = null, holder_id = null
     where (external_network_id, address) in (
       select external_network_id, address from ip_address
       where external_network_id = $1 and holder_kind = '${HOLDER_KIND}' limit $2
     )`,
    [network.uuid, count],
  );
}

/** `100.64.0.0` and 16 → `100.64.0.16`; within one network there is no carry beyond the last three bytes. */
export function plus(address: string, offset: number): string {
  const number = address.split('.').reduce((value, byte) => value * 256 + Number(byte), 0) + offset;
  return [24, 16, 8, 0].map((bits) => Math.floor(number / 2 ** bits) % 256).join('.');
}
