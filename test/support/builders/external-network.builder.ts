import { formatIpv4, knownBlock } from '@netplane/domain';
import type { CreateExternalNetworkBody } from '../../../apps/api/src/external-network/external-network.schema.ts';
import { uniqueName } from './unique-name.ts';

/** Below the VLANs that stand in tests by number. */
const VLANS = 4_000;

/**
 * Body of `POST /v1/external-networks`: a cloud network whose gateway is its first address, with a VLAN of its own;
 * later changes win.
 */
export function externalNetworkBody(
  clusterId: string,
  cidr: string,
  ...changes: readonly Partial<CreateExternalNetworkBody>[]
): CreateExternalNetworkBody {
  const { first } = knownBlock(cidr);
  return Object.assign(
    {
      cluster_id: clusterId,
      name: uniqueName('net'),
      type: 'cloud',
      cidr,
      gateway: formatIpv4(first + 1),
      vlan_id: 1 + (Math.floor(first / 256) % VLANS),
      provider_network: 'ext-cloud',
    },
    ...changes,
  );
}
