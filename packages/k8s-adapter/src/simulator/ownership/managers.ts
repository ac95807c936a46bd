import { deepEqual } from '../json.ts';
import { type FieldManager, type FieldSetPool, isEntryOf } from './field-set.ts';
import type { Leaves } from './leaves.ts';

/** Who writes, and how: the identity of a managedFields entry. */
export type Writer = Pick<FieldManager, 'manager' | 'operation' | 'subresource'>;

interface UpdateInput {
  readonly managers: readonly FieldManager[];
  readonly before: Leaves;
  readonly after: Leaves;
  readonly writer: Writer;
}

/**
 * Managers after a POST, PUT or patch: the writer owns what it changed or added, nobody owns what it removed, and
 * others lose what it changed. What it left alone keeps its owners.
 */
export function managersAfterUpdate(input: UpdateInput, pool: FieldSetPool): readonly FieldManager[] {
  const { before, after, writer } = input;
  const written = new Set<string>();
  for (const [path, value] of after) {
    if (!before.has(path) || !deepEqual(before.get(path), value)) written.add(path);
  }
  const lost = new Set(written);
  for (const path of before.keys()) if (!after.has(path)) lost.add(path);
  if (lost.size === 0) return input.managers;
  const own = input.managers.find((entry) => isEntryOf(entry, writer));
  const others = input.managers.filter((entry) => entry !== own);
  const ownPaths = [...(own?.fields.paths ?? [])].filter((path) => !lost.has(path));
  const ownEntry = { ...writer, fields: pool.intern([...ownPaths, ...written]) };
  return present([...without(others, lost, pool), ownEntry]);
}

/** Entries that have lost these paths. */
export function without(
  managers: readonly FieldManager[],
  lost: ReadonlySet<string>,
  pool: FieldSetPool,
): readonly FieldManager[] {
  return managers.map((entry) => {
    const kept = [...entry.fields.paths].filter((path) => !lost.has(path));
    return kept.length === entry.fields.paths.size ? entry : { ...entry, fields: pool.intern(kept) };
  });
}

/** Entries in a fixed order (so that they can be compared), without those that own nothing. */
export function present(managers: readonly FieldManager[]): readonly FieldManager[] {
  return managers
    .filter((entry) => entry.fields.paths.size > 0 || entry.operation === 'Apply')
    .sort((a, b) => orderOf(a).localeCompare(orderOf(b)));
}

function orderOf({ operation, manager, subresource }: FieldManager): string {
  return `${operation} ${manager} ${subresource}`;
}
