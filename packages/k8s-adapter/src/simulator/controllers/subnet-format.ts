import {
  formatIpv4,
  formatSpan,
  parseAddress,
  parseSpan,
  spanContains,
  spansOverlap,
} from '@netplane/domain';
import type { SubnetSpec } from '../../manifest/generated/kube-ovn.ts';
import type { JsonMap } from '../json.ts';
import type { SimObject } from '../sim-object.ts';
import type { ControllerSettings } from './cluster-view.ts';
import { subnetSpecStruct, throughGo } from './go-struct.ts';
import { blockOf } from './ipam.ts';

/**
 * The spec in the form that the controller gives it (Kube-OVN 1.16.2, `formatSubnet`): canonical CIDR, gateway, merged
 * and sorted excludeIps with the gateway in them, provider, vpc, protocol. `undefined` for a CIDR that cannot be read,
 * which the controller reports nowhere.
 */
export function formatSubnet(
  subnet: SimObject,
  spec: SubnetSpec,
  settings: ControllerSettings,
): JsonMap | undefined {
  const block = blockOf(spec.cidrBlock ?? '');
  if (block === undefined) return undefined;
  const { name } = subnet.metadata;
  const gateway = spec.gateway || formatIpv4(block.first + 1);
  const vpc = spec.vpc || settings.defaultVpc;
  const isJoin = name === settings.joinSubnet;
  const inDefaultVpc = vpc === settings.defaultVpc && !isJoin;
  return throughGo(subnetSpecStruct, {
    ...spec,
    cidrBlock: block.text,
    gateway,
    excludeIps: formatExcluded(spec.excludeIps ?? [], gateway),
    protocol: 'IPv4',
    provider: spec.provider || 'ovn',
    vpc,
    gatewayType: inDefaultVpc ? spec.gatewayType || 'distributed' : spec.gatewayType,
    default: inDefaultVpc && name !== settings.defaultSubnet ? false : spec.default,
    enableLb: isJoin ? undefined : (spec.enableLb ?? true),
  });
}

/** What the controller finds wrong with a formatted spec, in its words; `undefined` when nothing is. */
export function subnetFault(name: string, spec: SubnetSpec): string | undefined {
  const {
    cidrBlock = '',
    gateway = '',
    excludeIps = [],
    gatewayType = '',
    vpc = '',
    allowSubnets = [],
  } = spec;
  const block = blockOf(cidrBlock);
  if (block === undefined) return `CIDRBlock: "${cidrBlock}" format error`;
  const address = parseAddress(gateway);
  const inBlock = address.kind === 'ipv4' && address.value >= block.first && address.value <= block.last;
  if (!inBlock) return `gateway ${gateway} is not in cidr ${cidrBlock}`;
  if (address.value === block.first || address.value === block.last) {
    const what = address.value === block.first ? 'network' : 'broadcast';
    return `validate gateway ${gateway} for cidr ${cidrBlock} failed: ${gateway} is the ${what} ip in cidr ${cidrBlock}`;
  }
  const range = excludeIps.find((text) => parseSpan(text) === undefined);
  if (range !== undefined) return `ip ${range} in excludeIps is not a valid address`;
  if (block.prefix === 32) return `subnet ${name} cidr ${cidrBlock} mask is invalid`;
  const allowed = allowSubnets.find((text) => blockOf(text) === undefined && !text.includes(':'));
  if (allowed !== undefined) return `${allowed} in allowSubnets is not a valid address`;
  if (!['', 'distributed', 'centralized'].includes(gatewayType))
    return `${gatewayType} is not a valid gateway type`;
  if (vpc === name) return `subnet ${name} and vpc ${vpc} cannot have the same name`;
  return undefined;
}

export function cidrsOverlap(a: string, b: string): boolean {
  const left = blockOf(a);
  const right = blockOf(b);
  return left !== undefined && right !== undefined && spansOverlap(left, right);
}

/** Overlapping entries become one, adjacent ones stay apart; sorted as text; malformed ones stay for validation. */
function formatExcluded(excludeIps: readonly string[], gateway: string): readonly string[] {
  const malformed = excludeIps.filter((text) => parseSpan(text) === undefined);
  const spans: { first: number; last: number }[] = [];
  const parsed = excludeIps.flatMap((text) => parseSpan(text) ?? []).sort((a, b) => a.first - b.first);
  for (const span of parsed) {
    const previous = spans.at(-1);
    if (previous !== undefined && span.first <= previous.last)
      previous.last = Math.max(previous.last, span.last);
    else spans.push({ ...span });
  }
  const gatewaySpan = parseSpan(gateway);
  const covered = gatewaySpan !== undefined && spans.some((span) => spanContains(span, gatewaySpan));
  return [...malformed, ...spans.map(formatSpan), ...(covered ? [] : [gateway])].sort();
}
