import { type IpRange, knownAddress, presentId, spanSize } from '@netplane/domain';
import { presentedResource, presentedStatus } from '../plugins/resource/presented.ts';

/** Ranges are the platform's alone, so everything is shown. */
export function presentIpRange(range: IpRange) {
  return presentedResource(
    'ip-range',
    range,
    {
      external_network_id: presentId('external-network', range.externalNetworkId),
      cluster_id: presentId('cluster', range.clusterId),
      family: 'ipv4',
      first: range.first,
      last: range.last,
      size: spanSize({ first: knownAddress(range.first), last: knownAddress(range.last) }),
      reservations: range.reservations,
      manage_exclude_ips: range.manageExcludeIps,
    },
    presentedStatus(range.status, true),
  );
}
