/**
 * Ids are UUIDv7. Inside Netplane they are plain UUID strings, branded by kind; the API shows them as TypeIDs
 * (`eip_01h…`, https://github.com/jetify-com/typeid), and objects on a cluster carry the same without underscore.
 */
import { fromString, fromUUID, toUUIDBytes } from 'typeid-js';
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
  return fromUUID(uuid, prefixOf(kind));
}

/** The UUID in a TypeID of this kind; `undefined` for anything else, another kind's id included. */
export function parseId<K extends Kind>(kind: K, text: string): Id<K> | undefined {
  const { idPrefix } = kinds[kind];
  const wellFormed = text.startsWith(`${idPrefix}_`) && suffixPattern.test(text.slice(idPrefix.length + 1));
  return wellFormed ? (uuidOf(toUUIDBytes(fromString(text, idPrefix))) as Id<K>) : undefined; // the check makes it an id of this kind
}

/** Of any 128 bits: whether somebody has that id is not for its version bits to say. */
function uuidOf(bytes: Uint8Array): string {
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
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
