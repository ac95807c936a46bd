/** IPv4 arithmetic on unsigned 32-bit numbers, parsed and printed by ipaddr.js. IPv6 is recognised and left alone. */
import ipaddr from 'ipaddr.js';

export interface Ipv4Block {
  /** Canonical text, e.g. `10.0.0.0/22`. */
  readonly text: string;
  readonly prefix: number;
  readonly first: number;
  readonly last: number;
}

export type ParsedCidr =
  | { readonly kind: 'ipv4'; readonly block: Ipv4Block }
  /** Well-formed but with host bits set or unusual notation: `canonical` is what should be sent. */
  | { readonly kind: 'non-canonical'; readonly canonical: string }
  | { readonly kind: 'ipv6' }
  | { readonly kind: 'malformed' };

/** Reads a CIDR without correcting it. Never throws. */
export function parseCidr(text: string): ParsedCidr {
  if (text.includes(':')) return ipaddr.IPv6.isValidCIDR(text) ? { kind: 'ipv6' } : { kind: 'malformed' };
  if (!ipaddr.IPv4.isValidCIDRFourPartDecimal(text)) return { kind: 'malformed' };
  const [address, prefix] = ipaddr.IPv4.parseCIDR(text);
  const block = ipv4Block(numberOf(address), prefix);
  return block.text === text ? { kind: 'ipv4', block } : { kind: 'non-canonical', canonical: block.text };
}

export type ParsedAddress =
  | { readonly kind: 'ipv4'; readonly value: number }
  | { readonly kind: 'non-canonical'; readonly canonical: string }
  | { readonly kind: 'ipv6' }
  | { readonly kind: 'malformed' };

export function parseAddress(text: string): ParsedAddress {
  if (text.includes(':')) return ipaddr.IPv6.isValid(text) ? { kind: 'ipv6' } : { kind: 'malformed' };
  if (!ipaddr.IPv4.isValidFourPartDecimal(text)) return { kind: 'malformed' };
  const value = numberOf(ipaddr.IPv4.parse(text));
  const canonical = formatIpv4(value);
  return canonical === text ? { kind: 'ipv4', value } : { kind: 'non-canonical', canonical };
}

/** The block of that size that holds the address. */
export function ipv4Block(address: number, prefix: number): Ipv4Block {
  const size = 2 ** (32 - prefix);
  const first = Math.floor(address / size) * size;
  return { text: `${formatIpv4(first)}/${prefix}`, prefix, first, last: first + size - 1 };
}

/** Block of a CIDR that is known to be canonical IPv4, such as one read from the database. Throws on anything else. */
export function knownBlock(text: string): Ipv4Block {
  const parsed = parseCidr(text);
  if (parsed.kind !== 'ipv4') throw new TypeError(`not a canonical IPv4 CIDR: ${text}`);
  return parsed.block;
}

/** Number of an address that is known to be canonical IPv4. Throws on anything else. */
export function knownAddress(text: string): number {
  const parsed = parseAddress(text);
  if (parsed.kind !== 'ipv4') throw new TypeError(`not a canonical IPv4 address: ${text}`);
  return parsed.value;
}

export function formatIpv4(value: number): string {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255].join('.');
}

export interface Span {
  readonly first: number;
  readonly last: number;
}

export function spansOverlap(a: Span, b: Span): boolean {
  return a.first <= b.last && b.first <= a.last;
}

export function spanContains(outer: Span, inner: Span): boolean {
  return outer.first <= inner.first && inner.last <= outer.last;
}

/** Addresses in the span, both ends included. */
export function spanSize(span: Span): number {
  return span.last - span.first + 1;
}

/** Kube-OVN's notation of excluded addresses: `a` or `a..b`. */
export function formatSpan(span: Span): string {
  const first = formatIpv4(span.first);
  return span.first === span.last ? first : `${first}..${formatIpv4(span.last)}`;
}

/** Reads Kube-OVN's `a` or `a..b`; `undefined` for anything that is not IPv4 in order. */
export function parseSpan(text: string): Span | undefined {
  const [from = '', to = from] = text.split('..');
  const first = parseAddress(from);
  const last = parseAddress(to);
  if (first.kind !== 'ipv4' || last.kind !== 'ipv4' || first.value > last.value) return undefined;
  return { first: first.value, last: last.value };
}

/** The same addresses as the fewest spans in ascending order. */
export function mergeSpans(spans: readonly Span[]): readonly Span[] {
  const merged: { first: number; last: number }[] = [];
  for (const span of [...spans].sort((a, b) => a.first - b.first)) {
    const previous = merged.at(-1);
    if (previous !== undefined && span.first <= previous.last + 1) {
      previous.last = Math.max(previous.last, span.last);
    } else {
      merged.push({ ...span });
    }
  }
  return merged;
}

function numberOf(address: ipaddr.IPv4): number {
  return address.toByteArray().reduce((value, byte) => value * 256 + byte, 0);
}
