import type { FieldManager } from '../ownership/field-set.ts';
import type { ObjectKey, SimObject } from '../sim-object.ts';

export interface Stored {
  readonly object: SimObject;
  readonly managers: readonly FieldManager[];
}

/** Derives the values under which an object is found; several or none are fine. */
type IndexFunction = (object: SimObject) => readonly string[];

export type Indexes = Readonly<Record<string, IndexFunction>>;

const NOTHING: ReadonlySet<ObjectKey> = new Set();

/** All objects of one kind, by key and by each index. */
export class Collection {
  readonly #objects = new Map<ObjectKey, Stored>();
  readonly #indexes: ReadonlyMap<string, { of: IndexFunction; keys: Map<string, Set<ObjectKey>> }>;
  #sorted: readonly ObjectKey[] | undefined = [];

  constructor(indexes: Indexes) {
    this.#indexes = new Map(Object.entries(indexes).map(([name, of]) => [name, { of, keys: new Map() }]));
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: ObjectKey): Stored | undefined {
    return this.#objects.get(key);
  }

  set(key: ObjectKey, stored: Stored): void {
    const previous = this.#objects.get(key);
    this.#objects.set(key, stored);
    if (previous === undefined) this.#sorted = undefined;
    else this.#unindex(key, previous.object);
    for (const { of, keys } of this.#indexes.values()) {
      for (const value of of(stored.object)) {
        const entry = keys.get(value);
        if (entry === undefined) keys.set(value, new Set([key]));
        else entry.add(key);
      }
    }
  }

  delete(key: ObjectKey): void {
    const previous = this.#objects.get(key);
    if (previous === undefined) return;
    this.#objects.delete(key);
    this.#sorted = undefined;
    this.#unindex(key, previous.object);
  }

  /** Keys found under a value of an index. Throws for an index that the kind does not have. */
  keysAt(index: string, value: string): ReadonlySet<ObjectKey> {
    const found = this.#indexes.get(index);
    if (found === undefined) throw new Error(`there is no index ${index}`);
    return found.keys.get(value) ?? NOTHING;
  }

  /** Keys in the order in which an API server lists them. Sorted again only after one came or went. */
  sortedKeys(): readonly ObjectKey[] {
    this.#sorted ??= [...this.#objects.keys()].sort();
    return this.#sorted;
  }

  values(): IterableIterator<Stored> {
    return this.#objects.values();
  }

  #unindex(key: ObjectKey, object: SimObject): void {
    for (const { of, keys } of this.#indexes.values()) {
      for (const value of of(object)) {
        const entry = keys.get(value);
        entry?.delete(key);
        if (entry?.size === 0) keys.delete(value);
      }
    }
  }
}
