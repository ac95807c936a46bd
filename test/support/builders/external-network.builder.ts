import { formatIpv4, knownBlock } from '@netplane/domain';
import type { CreateExternalNetworkBody } from '../../../apps/api/src/external-network/external-network.schema.ts';
import { uniqueName } from './unique-name.ts';

/** Body of `POST /v1/external-networks`: a cloud network whose gateway is its first address; later changes win. */
export function externalNetworkBody(
  clusterId: string,
  cidr: string,
  ...changes: readonly Partial<CreateExternalNetworkBody>[]
): CreateExternalNetworkBody {
  return Object.assign(
    {
      cluster_id: clusterId,
      name: uniqueName('net'),
      type: 'cloud',
      cidr,
      gateway: formatIpv4(knownBlock(cidr).first + 1),
      vlan_id: 100,
      provider_network: 'ext-cloud',
    },
    ...changes,
  );
}
