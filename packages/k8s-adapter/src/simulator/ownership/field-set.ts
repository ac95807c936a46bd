/**
 * Which fields of an object a manager owns, as paths of its leaves. Most objects of a kind have the very same sets,
 * so each distinct set is kept once and carries a number by which the journal names it.
 */
export interface FieldSet {
  readonly id: number;
  readonly paths: ReadonlySet<string>;
}

export interface FieldSetPool {
  /** The one set with these paths. */
  intern(paths: Iterable<string>): FieldSet;
}

export function createFieldSetPool(): FieldSetPool {
  const sets = new Map<string, FieldSet>();
  return {
    intern: (paths) => {
      const sorted = [...new Set(paths)].sort();
      const text = sorted.join('\n');
      const known = sets.get(text);
      if (known !== undefined) return known;
      const set = { id: sets.size + 1, paths: new Set(sorted) };
      sets.set(text, set);
      return set;
    },
  };
}

/** One entry of `metadata.managedFields`. An `Apply` entry is what the manager last applied, no more. */
export interface FieldManager {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly subresource: '' | 'status';
  readonly fields: FieldSet;
}

export function sameManagers(a: readonly FieldManager[], b: readonly FieldManager[]): boolean {
  return a.length === b.length && a.every((entry, index) => sameEntry(entry, b[index]));
}

export function isEntryOf(
  entry: FieldManager,
  of: Pick<FieldManager, 'manager' | 'operation' | 'subresource'>,
): boolean {
  return (
    entry.manager === of.manager && entry.operation === of.operation && entry.subresource === of.subresource
  );
}

function sameEntry(a: FieldManager, b: FieldManager | undefined): boolean {
  return b !== undefined && isEntryOf(a, b) && a.fields === b.fields;
}
