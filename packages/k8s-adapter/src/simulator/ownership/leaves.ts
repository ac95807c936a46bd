import { isMap, type JsonMap, mapAt } from '../json.ts';
import type { KindInfo } from '../kinds.ts';

/**
 * Leaves of an object as server-side apply counts them: scalars, lists (atomic in Kube-OVN's CRDs), atomic and empty
 * maps. Items of the two associative lists that every object has, finalizers and owner references, count one by one.
 * The keyed lists of built-in kinds (containers, conditions) are not played: they count as one leaf.
 */
export type Leaves = ReadonlyMap<string, unknown>;

/** Separates the keys of a path. Label keys have dots and slashes, none has this. */
const SEPARATOR = '\u001f';
/** Marks an item of an associative list. */
const ITEM = '=';

const SERVER_OWNED: ReadonlySet<string> = new Set([
  'name',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'managedFields',
  'selfLink',
]);

/** Which part of an object a write reaches: all but `status`, `status` alone, or all where a kind keeps no status apart. */
export type WriteScope = 'main' | 'status' | 'all';

export function leavesOf(object: JsonMap, kind: KindInfo, scope: WriteScope): Leaves {
  const leaves = new Map<string, unknown>();
  for (const [key, value] of Object.entries(object)) {
    if (key === 'apiVersion' || key === 'kind') continue;
    if (scope === 'status' ? key !== 'status' : scope === 'main' && key === 'status') continue;
    if (key === 'metadata' && isMap(value)) collectMetadata(value, leaves);
    else collect(value, key, propertySchema(kind.schema, key), leaves);
  }
  return leaves;
}

export function splitPath(path: string): readonly string[] {
  return path.split(SEPARATOR);
}

/** A path as people and API servers write it: `.spec.vpc`. */
export function printPath(path: string): string {
  return `.${path.replaceAll(SEPARATOR, '.')}`;
}

/** How an item of an associative list is named in a path; `undefined` for a list that counts as a whole. */
export function itemKey(path: string, item: unknown): string | undefined {
  if (path === FINALIZERS) return `${ITEM}${String(item)}`;
  if (path === OWNERS) return `${ITEM}${isMap(item) ? String(item.uid) : ''}`;
  return undefined;
}

export function childPath(path: string, key: string): string {
  return path === '' ? key : `${path}${SEPARATOR}${key}`;
}

export function isAtomicMap(schema: JsonMap | undefined): boolean {
  return schema?.['x-kubernetes-map-type'] === 'atomic';
}

export function propertySchema(schema: JsonMap | undefined, key: string): JsonMap | undefined {
  const named = mapAt(schema, 'properties')[key] ?? schema?.additionalProperties;
  return isMap(named) ? named : undefined;
}

const FINALIZERS = childPath('metadata', 'finalizers');
const OWNERS = childPath('metadata', 'ownerReferences');

function collectMetadata(metadata: JsonMap, leaves: Map<string, unknown>): void {
  for (const [key, value] of Object.entries(metadata)) {
    if (!SERVER_OWNED.has(key)) collect(value, childPath('metadata', key), undefined, leaves);
  }
}

function collect(
  value: unknown,
  path: string,
  schema: JsonMap | undefined,
  leaves: Map<string, unknown>,
): void {
  if (Array.isArray(value) && value.length > 0 && itemKey(path, value[0]) !== undefined) {
    for (const item of value) leaves.set(childPath(path, itemKey(path, item) ?? ''), item);
    return;
  }
  if (!isMap(value) || isAtomicMap(schema)) {
    leaves.set(path, value);
    return;
  }
  const entries = Object.entries(value);
  if (entries.length === 0) leaves.set(path, value);
  for (const [key, item] of entries) collect(item, childPath(path, key), propertySchema(schema, key), leaves);
}
