import { createHash } from 'node:crypto';
import {
  formatIpv4,
  type Ipv4Block,
  ipv4Block,
  mergeSpans,
  parseAddress,
  parseCidr,
  parseSpan,
  type Span,
} from '@netplane/domain';
import { mapAt, textAt, textsAt } from '../json.ts';
import type { SimObject } from '../sim-object.ts';
import { addressKey } from '../store/indexes.ts';
import type { ClusterView } from './cluster-view.ts';

/**
 * Addresses of Subnets (IPv4 only). Who holds one is read from the objects, so nothing leaks and a restart knows it
 * all; what is remembered is only how far automatic requests have come, since Kube-OVN gives out released addresses
 * again after the never-used ones.
 */
export interface Ipam {
  /** The next address for a request that names none; `undefined` when there is none. */
  next(cluster: ClusterView, subnet: SimObject): string | undefined;
  /** Block, excluded spans and usable span; `undefined` while the CIDR is not IPv4. */
  rangeOf(subnet: SimObject): SubnetRange | undefined;
}

interface SubnetRange {
  readonly block: Ipv4Block;
  /** Without network and broadcast address. */
  readonly usable: Span;
  /** Merged, in ascending order. Kept from automatic requests, not from those that name an address. */
  readonly excluded: readonly Span[];
}

const HOLDER_KINDS = ['OvnEip', 'IP', 'Vip', 'IptablesEIP'] as const;

export function createIpam(): Ipam {
  const cursors = new Map<string, number>();
  const ranges = new WeakMap<SimObject, SubnetRange | { readonly none: true }>();
  const rangeOf = (subnet: SimObject): SubnetRange | undefined => {
    const known = ranges.get(subnet) ?? parseRange(subnet) ?? { none: true };
    ranges.set(subnet, known);
    return 'none' in known ? undefined : known;
  };
  return {
    rangeOf,
    next: (cluster, subnet) => {
      const range = rangeOf(subnet);
      if (range === undefined) return undefined;
      const { name, uid = '' } = subnet.metadata;
      const start = cursors.get(uid) ?? range.usable.first;
      const isFree = (address: number): boolean => {
        const key = addressKey(name, formatIpv4(address));
        return HOLDER_KINDS.every((kind) => cluster.count(kind, 'address', key) === 0);
      };
      const found =
        firstFree({ first: start, last: range.usable.last }, range.excluded, isFree) ??
        firstFree({ first: range.usable.first, last: start - 1 }, range.excluded, isFree);
      if (found === undefined) return undefined;
      cursors.set(uid, found + 1);
      return formatIpv4(found);
    },
  };
}

/** The object that holds an address of a Subnet. */
function holderOf(cluster: ClusterView, subnet: string, address: string): SimObject | undefined {
  for (const kind of HOLDER_KINDS) {
    const [holder] = cluster.find(kind, 'address', addressKey(subnet, address));
    if (holder !== undefined) return holder;
  }
  return undefined;
}

/** Whether a request may have this address by name: excluded ones too, the gateway's included, as in reality. */
export function isGrantable(
  cluster: ClusterView,
  subnet: SimObject,
  request: { readonly address: string; readonly owner: string },
): boolean {
  const range = cluster.ipam.rangeOf(subnet);
  const parsed = parseAddress(request.address);
  if (range === undefined || parsed.kind !== 'ipv4') return false;
  if (parsed.value < range.usable.first || parsed.value > range.usable.last) return false;
  const holder = holderOf(cluster, subnet.metadata.name, request.address);
  return holder === undefined || holder.metadata.uid === request.owner;
}

/** Whether the controller has taken the Subnet into its address management: its spec was found valid once. */
export function isManaged(subnet: SimObject): boolean {
  const conditions = mapAt(subnet, 'status').conditions;
  const list: readonly unknown[] = Array.isArray(conditions) ? conditions : [];
  return list.some((item) => {
    const { type, status } = mapAt({ item }, 'item');
    return (type === 'Validated' || type === 'Ready') && status === 'True';
  });
}

/** A MAC address that belongs to a name: locally administered, the same each time. */
export function macOf(subnet: string, name: string): string {
  const hash = createHash('sha256').update(`${subnet}/${name}`).digest();
  const bytes = [((hash[0] ?? 0) & 0xfc) | 0x02, ...hash.subarray(1, 6)];
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}

/** The first address of the span that is not excluded and free; whole excluded spans are stepped over at once. */
function firstFree(
  span: Span,
  excluded: readonly Span[],
  isFree: (address: number) => boolean,
): number | undefined {
  let next = 0;
  for (let address = span.first; address <= span.last; address += 1) {
    while (next < excluded.length && (excluded[next]?.last ?? 0) < address) next += 1;
    const skip = excluded[next];
    if (skip !== undefined && skip.first <= address) address = skip.last;
    else if (isFree(address)) return address;
  }
  return undefined;
}

function parseRange(subnet: SimObject): SubnetRange | undefined {
  const spec = mapAt(subnet, 'spec');
  const block = blockOf(textAt(spec, 'cidrBlock'));
  if (block === undefined) return undefined;
  const usable = { first: block.first + 1, last: block.last - 1 };
  const spans = textsAt(spec, 'excludeIps').flatMap((text) => parseSpan(text) ?? []);
  return { block, usable, excluded: mergeSpans(spans) };
}

/** The IPv4 block of a Subnet's `cidrBlock`, of which the other may be IPv6; host bits are cut off. */
export function blockOf(cidrBlock: string): Ipv4Block | undefined {
  const [text] = cidrBlock.split(',').filter((part) => !part.includes(':'));
  if (text === undefined) return undefined;
  const parsed = parseCidr(text);
  if (parsed.kind === 'ipv4') return parsed.block;
  if (parsed.kind !== 'non-canonical') return undefined;
  const [address = '', prefix] = parsed.canonical.split('/');
  const base = parseAddress(address);
  return base.kind === 'ipv4' ? ipv4Block(base.value, Number(prefix)) : undefined;
}
