import {
  updateExternalNetwork as changeNetwork,
  countAddresses,
  findExternalNetwork,
  findNetworksWithFree,
  createExternalNetwork as insertNetwork,
  listExternalNetworks,
  deleteExternalNetwork as startDeletion,
} from '@netplane/db';
import {
  type AddressCounts,
  addressStates,
  assertCanonicalCidr,
  assertNetworkGateway,
  assertNetworkOrigin,
  authorize,
  type ExternalNetwork,
  type ExternalNetworkId,
  notFound,
  parseId,
  type Scope,
} from '@netplane/domain';
import { callerOf, type RequestContext } from '../context.ts';
import { patchedLabels, type ResourceService, sameLabels } from '../plugins/resource/service.ts';
import type { CreateExternalNetworkBody, PatchExternalNetworkBody } from './external-network.schema.ts';

/** A network with what can be said of its addresses: members get `hasFree`, the platform all counts. */
export type ExternalNetworkWithPool = ExternalNetwork & {
  readonly hasFree: boolean;
  readonly addresses: AddressCounts;
};

type Service = ResourceService<ExternalNetworkWithPool, CreateExternalNetworkBody, PatchExternalNetworkBody>;

export const externalNetworkService: Service = {
  kind: 'external-network',

  async create(ctx, body) {
    const scope = authorize(ctx.actor, 'external-network.create');
    const clusterId = parseId('cluster', body.cluster_id);
    if (clusterId === undefined) throw notFound('/cluster_id');
    assertNetworkGateway(assertCanonicalCidr(body.cidr, '/cidr'), body.gateway);
    const vlanId = body.vlan_id ?? null;
    const providerNetwork = body.provider_network ?? null;
    const adoptSubnet = body.adopt_subnet ?? null;
    assertNetworkOrigin({ vlanId, providerNetwork, adoptSubnet });
    const created = await insertNetwork(ctx.database, scope, callerOf(ctx), {
      id: ctx.newId() as ExternalNetworkId,
      clusterId,
      name: body.name,
      type: body.type,
      family: 'ipv4',
      cidr: body.cidr,
      gateway: body.gateway,
      vlanId,
      providerNetwork,
      adoptSubnet,
      labels: body.labels ?? {},
    });
    ctx.wakeWorkers.notify();
    // a new network has no addresses, and a replay shows what was answered then
    return { ...created, value: { ...created.value, hasFree: false, addresses: NO_ADDRESSES } };
  },

  async get(ctx, id) {
    const scope = authorize(ctx.actor, 'external-network.get');
    const network = await findExternalNetwork(ctx.database, scope, id as ExternalNetworkId);
    return network && withPool(ctx, scope, network);
  },

  async list(ctx, request) {
    const scope = authorize(ctx.actor, 'external-network.list');
    const page = await listExternalNetworks(ctx.database, scope, request);
    return { ...page, rows: await withPools(ctx, scope, page.rows) };
  },

  async update(ctx, { id, expectedRevision, patch }) {
    const scope = authorize(ctx.actor, 'external-network.update');
    const updated = await changeNetwork(ctx.database, scope, callerOf(ctx), {
      id,
      expectedRevision,
      decide(current) {
        const labels = patchedLabels(current.labels, patch.labels);
        return sameLabels(labels, current.labels) ? undefined : { labels };
      },
    });
    ctx.wakeWorkers.notify();
    return withPool(ctx, scope, updated);
  },

  async delete(ctx, request) {
    const scope = authorize(ctx.actor, 'external-network.delete');
    const deleting = await startDeletion(ctx.database, scope, callerOf(ctx), request);
    ctx.wakeWorkers.notify();
    return withPool(ctx, scope, deleting);
  },
};

const NO_ADDRESSES = Object.fromEntries(addressStates.map((state) => [state, 0])) as AddressCounts; // one entry per state

async function withPool(
  ctx: RequestContext,
  scope: Scope,
  network: ExternalNetwork,
): Promise<ExternalNetworkWithPool> {
  const [first] = await withPools(ctx, scope, [network]);
  return first ?? { ...network, hasFree: false, addresses: NO_ADDRESSES };
}

/** One query for the whole page. */
async function withPools(
  ctx: RequestContext,
  scope: Scope,
  networks: readonly ExternalNetwork[],
): Promise<readonly ExternalNetworkWithPool[]> {
  const ids = networks.map((network) => network.id);
  if (scope.kind === 'tenant') {
    const free = await findNetworksWithFree(ctx.database, scope, ids);
    return networks.map((network) => ({
      ...network,
      hasFree: free.has(network.id),
      addresses: NO_ADDRESSES,
    }));
  }
  const counts = await countAddresses(ctx.database, ids);
  return networks.map((network) => {
    const addresses = counts.get(network.id) ?? NO_ADDRESSES;
    return { ...network, hasFree: addresses.free > 0, addresses };
  });
}
