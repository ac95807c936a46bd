/** What every lane begins with: a cluster, two networks that hand out addresses, an organization. Made over the API. */
import type { ChaosClient } from '../client.ts';

export interface World {
  readonly clusterId: string;
  readonly cloudId: string;
  readonly publicId: string;
  readonly organizationId: string;
}

const networks = {
  cloud: {
    body: { cidr: '100.65.0.0/16', gateway: '100.65.0.1', vlan_id: 4013 },
    range: { first: '100.65.0.102', last: '100.65.7.254' },
  },
  public: {
    body: { cidr: '168.119.17.0/24', gateway: '168.119.17.1', vlan_id: 4011 },
    range: { first: '168.119.17.51', last: '168.119.17.150' },
  },
} as const;

export async function createWorld(client: ChaosClient): Promise<World> {
  const create = async (kind: Parameters<ChaosClient['must']>[0]['kind'], body: object) =>
    (await client.must({ kind, verb: 'create', body })).id;
  const clusterId = await create('cluster', { name: 'local', mode: 'manage' });
  const createNetwork = async (type: keyof typeof networks) => {
    const { body, range } = networks[type];
    const id = await create('external-network', {
      ...{ cluster_id: clusterId, name: `ext-${type}`, type, provider_network: 'ext-cloud' },
      ...body,
    });
    await create('ip-range', { external_network_id: id, ...range });
    return id;
  };
  const cloudId = await createNetwork('cloud');
  const publicId = await createNetwork('public');
  return { clusterId, cloudId, publicId, organizationId: await create('organization', { name: 'acme' }) };
}
