import { parseAddress, parseSpan, type Span, spanSize } from '@netplane/domain';
import { mapAt, textAt, textsAt } from '../json.ts';
import type { SimObject } from '../sim-object.ts';
import type { ClusterView } from './cluster-view.ts';

interface SubnetUsage {
  readonly v4availableIPs: number;
  readonly v4usingIPs: number;
}

/**
 * Counts as Kube-OVN counts (`calcSubnetStatusIP`): every OvnEip, Vip and IptablesEIP with the Subnet's label is used,
 * wherever its address lies, and Pods' addresses outside the excluded ones. The ranges of addresses that the real
 * status also prints are not played.
 */
export function usageOf(cluster: ClusterView, subnet: SimObject): SubnetUsage {
  const range = cluster.ipam.rangeOf(subnet);
  if (range === undefined) return { v4availableIPs: 0, v4usingIPs: 0 };
  const { name } = subnet.metadata;
  const spec = mapAt(subnet, 'spec');
  const gateway = textAt(spec, 'gateway');
  const chosen = textsAt(spec, 'excludeIps').filter((text) => text !== gateway);
  const labelled = ['Vip', 'IptablesEIP', 'OvnEip'] as const;
  const others = labelled.reduce((sum, kind) => sum + cluster.count(kind, 'subnet', name), 0);
  const used =
    others +
    countedIps(
      cluster,
      name,
      chosen.flatMap((text) => parseSpan(text) ?? []),
    );
  const excluded = range.excluded.reduce((sum, span) => sum + sizeWithin(span, range.usable), 0);
  const available = spanSize(range.usable) - excluded - used;
  return { v4availableIPs: Math.max(0, available), v4usingIPs: used };
}

function countedIps(cluster: ClusterView, subnet: string, excluded: readonly Span[]): number {
  const count = cluster.count('IP', 'subnet', subnet);
  if (excluded.length === 0 || count === 0) return count;
  return cluster.find('IP', 'subnet', subnet).filter((ip) => {
    const address = parseAddress(textAt(mapAt(ip, 'spec'), 'v4IpAddress'));
    if (address.kind !== 'ipv4') return true;
    return !excluded.some((span) => span.first <= address.value && address.value <= span.last);
  }).length;
}

function sizeWithin(span: Span, outer: Span): number {
  const first = Math.max(span.first, outer.first);
  const last = Math.min(span.last, outer.last);
  return Math.max(0, last - first + 1);
}
