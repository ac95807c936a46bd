import { deepEqual, isMap, type JsonMap } from '../json.ts';
import type { KindInfo } from '../kinds.ts';
import { type FieldManager, type FieldSetPool, isEntryOf } from './field-set.ts';
import {
  childPath,
  isAtomicMap,
  itemKey,
  type Leaves,
  leavesOf,
  propertySchema,
  splitPath,
  type WriteScope,
} from './leaves.ts';
import { present, type Writer, without } from './managers.ts';

interface ApplyInput {
  readonly live: JsonMap;
  readonly managers: readonly FieldManager[];
  /** The applied configuration: intent, not a whole object. */
  readonly config: JsonMap;
  readonly kind: KindInfo;
  readonly scope: WriteScope;
  readonly writer: Writer;
}

export interface ApplyResult {
  readonly object: JsonMap;
  readonly managers: readonly FieldManager[];
  /** Paths that another manager owns and this apply changes; the caller refuses unless forced. */
  readonly conflicts: readonly { readonly path: string; readonly manager: string }[];
  /** Maps that the configuration names, empty, and that lost their last field: a real server makes null of them. */
  readonly emptied: readonly string[];
}

/**
 * Server-side apply (structured-merge-diff) as far as kinds with atomic lists show it: the configuration is laid over
 * the live object; what this manager applied before, omits now and nobody else owns is removed; fields of an `Update`
 * entry, such as those of the POST, therefore stay.
 */
export function applyConfiguration(input: ApplyInput, pool: FieldSetPool): ApplyResult {
  const { live, config, kind, scope, writer } = input;
  const wanted = leavesOf(config, kind, scope);
  const before = leavesOf(live, kind, scope);
  const own = input.managers.find((entry) => isEntryOf(entry, writer));
  const others = input.managers.filter((entry) => entry !== own);
  const merged = overlay({ live, config, schema: kind.schema, path: '' });
  const dropped = [...(own?.fields.paths ?? [])].filter(
    (path) => !wanted.has(path) && before.has(path) && !others.some(({ fields }) => fields.paths.has(path)),
  );
  const emptied: string[] = [];
  const pruned = dropped.length === 0 ? merged : prune(merged, trieOf(dropped), { path: '', emptied });
  const changed = changedPaths(before, wanted);
  const entry = { ...writer, fields: pool.intern(wanted.keys()) };
  return {
    object: isMap(pruned) ? pruned : {},
    managers: present([...without(others, changed, pool), entry]),
    conflicts: others.flatMap(({ fields, manager }) =>
      [...fields.paths].filter((path) => changed.has(path)).map((path) => ({ path, manager })),
    ),
    emptied: emptied.filter((path) => wanted.has(path)),
  };
}

function changedPaths(before: Leaves, wanted: Leaves): ReadonlySet<string> {
  const changed = new Set<string>();
  for (const [path, value] of wanted) {
    if (before.has(path) && !deepEqual(before.get(path), value)) changed.add(path);
  }
  return changed;
}

interface Overlay {
  readonly live: unknown;
  readonly config: unknown;
  readonly schema: JsonMap | undefined;
  readonly path: string;
}

function overlay({ live, config, schema, path }: Overlay): unknown {
  if (Array.isArray(config) && Array.isArray(live) && itemKey(path, config[0]) !== undefined) {
    const items = new Map(config.map((item) => [itemKey(path, item), item]));
    const kept = live.map((item) => items.get(itemKey(path, item)) ?? item);
    const keys = new Set(live.map((item) => itemKey(path, item)));
    return [...kept, ...config.filter((item) => !keys.has(itemKey(path, item)))];
  }
  if (!isMap(config) || !isMap(live) || isAtomicMap(schema)) return config;
  const result: Record<string, unknown> = { ...live };
  for (const [key, value] of Object.entries(config)) {
    result[key] = overlay({
      live: live[key],
      config: value,
      schema: propertySchema(schema, key),
      path: childPath(path, key),
    });
  }
  return result;
}

/** Keys to remove: a leaf of the trie is the field itself. */
interface Trie extends Map<string, Trie> {}

function trieOf(paths: readonly string[]): Trie {
  const root: Trie = new Map();
  for (const path of paths) {
    let node = root;
    for (const key of splitPath(path)) {
      const next: Trie = node.get(key) ?? new Map();
      node.set(key, next);
      node = next;
    }
  }
  return root;
}

/** Without the trie's fields; a map or list that loses its last one goes with it (`undefined`). */
function prune(value: unknown, removals: Trie, at: { path: string; emptied: string[] }): unknown {
  if (Array.isArray(value)) {
    const kept = value.filter((item) => !removals.has(itemKey(at.path, item) ?? ''));
    return kept.length === 0 ? undefined : kept;
  }
  if (!isMap(value)) return value;
  const result: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    const nested = removals.get(key);
    if (nested === undefined) {
      result[key] = item;
      continue;
    }
    if (nested.size === 0) continue;
    const kept = prune(item, nested, { ...at, path: childPath(at.path, key) });
    if (kept !== undefined) result[key] = kept;
  }
  if (Object.keys(result).length > 0) return result;
  at.emptied.push(at.path);
  return undefined;
}
