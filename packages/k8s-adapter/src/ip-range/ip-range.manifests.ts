/** What a range asks of its network's Subnet: to be in `excludeIps`, so that Kube-OVN hands out none of it. Pure. */
import { formatSpan, mergeSpans, parseSpan, type Span, spanContains } from '@netplane/domain';
import type { KubeObject } from '../client/kube-object.ts';
import type { SubnetSpec } from '../manifest/generated/kube-ovn.ts';

/** The Subnet's own exclusions; what is not IPv4 is left aside. */
export function excludedSpans(subnet: KubeObject): readonly Span[] {
  const { excludeIps = [] } = (subnet.spec ?? {}) as SubnetSpec; // typed by its CRD
  return mergeSpans(excludeIps.map(parseSpan).filter((span) => span !== undefined));
}

/** Whether Kube-OVN leaves the whole range to us. */
export function isExcluded(subnet: KubeObject, range: Span): boolean {
  return excludedSpans(subnet).some((span) => spanContains(span, range));
}

/**
 * A merge patch that adds the range to what an adopted Subnet excludes, and nothing else. It carries the
 * resourceVersion that was read: a list is replaced whole, and nobody's entry may be lost.
 */
export function buildExcludePatch(subnet: KubeObject, range: Span): object {
  const { excludeIps = [] } = (subnet.spec ?? {}) as SubnetSpec; // as above
  return {
    metadata: { resourceVersion: subnet.metadata.resourceVersion },
    spec: { excludeIps: [...excludeIps, formatSpan(range)].sort() },
  };
}

/** The same without the range, when it is deleted again. */
export function buildIncludePatch(subnet: KubeObject, range: Span): object | undefined {
  const { excludeIps = [] } = (subnet.spec ?? {}) as SubnetSpec; // as above
  const line = formatSpan(range);
  if (!excludeIps.includes(line)) return undefined;
  return {
    metadata: { resourceVersion: subnet.metadata.resourceVersion },
    spec: { excludeIps: excludeIps.filter((entry) => entry !== line) },
  };
}
