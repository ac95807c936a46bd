import { presentId } from '@netplane/domain';
import type { RequestContext } from '../context.ts';
import { presentedResource, presentedStatus } from '../plugins/resource/presented.ts';
import type { ExternalNetworkWithPool } from './external-network.service.ts';

/** Whole for the platform; members see that it is there and whether it has a free address. */
export function presentExternalNetwork(
  network: ExternalNetworkWithPool,
  { actor }: Pick<RequestContext, 'actor'>,
) {
  const shared = {
    name: network.name,
    type: network.type,
    family: network.family,
    cluster_id: presentId('cluster', network.clusterId),
    has_free: network.hasFree,
  };
  if (!actor.platformAdmin) return { id: presentId('external-network', network.id), ...shared };
  return presentedResource(
    'external-network',
    network,
    {
      ...shared,
      cidr: network.cidr,
      gateway: network.gateway,
      vlan_id: network.vlanId,
      provider_network: network.providerNetwork,
      adopt_subnet: network.adoptSubnet,
      addresses: network.addresses,
    },
    presentedStatus(network.status, true),
  );
}
