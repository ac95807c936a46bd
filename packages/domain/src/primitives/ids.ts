/**
 * Ids are UUIDv7. Inside Netplane they are plain UUID strings, branded by kind; the API shows them as TypeIDs
 * (`eip_01h…`, https://github.com/jetify-com/typeid), and objects on a cluster carry the same without underscore.
 */
import { fromString, toUUIDBytes } from 'typeid-js';
import { type Kind, kinds } from '../kinds.ts';

declare const brand: unique symbol;
export type Id<K extends string> = string & { readonly [brand]: K };

export type OrganizationId = Id<'organization'>;
export type ProjectId = Id<'project'>;
export type ClusterId = Id<'cluster'>;
export type ExternalNetworkId = Id<'external-network'>;
export type IpRangeId = Id<'ip-range'>;
export type EipId = Id<'eip'>;
export type QuotaId = Id<'quota'>;
export type IssuerId = Id<'issuer'>;
export type RoleBindingId = Id<'role-binding'>;
export type SubnetId = Id<'subnet'>;
export type SnatRuleId = Id<'snat-rule'>;

const SUFFIX = '[0-7][0-9a-hjkmnp-tv-z]{25}';
const suffixPattern = new RegExp(`^${SUFFIX}$`);

/** Things with an id of their own and no API yet: a project's default subnet and its gateway SNAT rule. */
const innerPrefixes = { subnet: 'subnet', 'snat-rule': 'snatrule' } as const;
export type InnerKind = keyof typeof innerPrefixes;

function prefixOf(kind: Kind | InnerKind): string {
  return kind in innerPrefixes ? innerPrefixes[kind as InnerKind] : kinds[kind as Kind].idPrefix; // `in` has decided
}

/** `eip_01h…` of a UUID. */
export function presentId(kind: Kind | InnerKind, uuid: string): string {
  return `${prefixOf(kind)}_${base32(uuid)}`;
}

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
/** Two characters for each 10 bits. */
const pairs = Array.from({ length: 2 ** 10 }, (_, bits) => `${ALPHABET[bits >> 5]}${ALPHABET[bits & 31]}`);
/** Value of each hexadecimal digit by its character code. */
const digits = Uint8Array.from(
  { length: 128 },
  (_, code) => Number.parseInt(String.fromCharCode(code), 16) || 0,
);
/** Where the digits of a UUID stand: everywhere but at its dashes. */
const places = Array.from({ length: 36 }, (_, place) => place).filter(
  (place) => ![8, 13, 18, 23].includes(place),
);

/**
 * As typeid-js writes it, in a fraction of the time: a page of a list shows hundreds of ids. The first 8 bits are two
 * characters, each 20 bits (five hexadecimal digits) after them are four.
 */
function base32(uuid: string): string {
  const digit = (at: number) => digits[uuid.charCodeAt(places[at] ?? 0)] ?? 0;
  let text = pairs[(digit(0) << 4) | digit(1)] ?? '';
  for (let at = 2; at < places.length; at += 5) {
    const bits =
      (digit(at) << 16) | (digit(at + 1) << 12) | (digit(at + 2) << 8) | (digit(at + 3) << 4) | digit(at + 4);
    text += `${pairs[bits >> 10]}${pairs[bits & 1023]}`;
  }
  return text;
}

/** The UUID in a TypeID of this kind; `undefined` for anything else, another kind's id included. */
export function parseId<K extends Kind>(kind: K, text: string): Id<K> | undefined {
  const { idPrefix } = kinds[kind];
  const wellFormed = text.startsWith(`${idPrefix}_`) && suffixPattern.test(text.slice(idPrefix.length + 1));
  return wellFormed ? (uuidOf(toUUIDBytes(fromString(text, idPrefix))) as Id<K>) : undefined; // the check makes it an id of this kind
}

/** Of any 128 bits: whether somebody has that id is not for its version bits to say. */
function uuidOf(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** Pattern of a kind's TypeID: 26 characters of Crockford's base32, of which the first is at most 7 (128 bits). */
export function idPattern(kind: Kind): string {
  return `^${kinds[kind].idPrefix}_${SUFFIX}$`;
}

/** Name of a cluster object that stands for this row: dash-free, starts with a letter, at most 40 characters. */
export function clusterName(kind: Kind | InnerKind, uuid: string): string {
  return presentId(kind, uuid).replace('_', '');
}

/** The UUID in the name of a cluster object of this kind; `undefined` for any other name. */
export function parseClusterName(kind: Kind | InnerKind, name: string): string | undefined {
  const prefix = prefixOf(kind);
  const suffix = name.slice(prefix.length);
  if (!name.startsWith(prefix) || !suffixPattern.test(suffix)) return undefined;
  return uuidOf(toUUIDBytes(fromString(`${prefix}_${suffix}`, prefix)));
}
