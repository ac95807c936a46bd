import { deepFreeze } from '../json.ts';
import type { KindTable } from '../kinds.ts';
import type { FieldManager } from '../ownership/field-set.ts';
import { keyOfObject, type ObjectKey, type SimObject, withMetadata } from '../sim-object.ts';
import { Collection, type Stored } from './collection.ts';
import { type Change, History } from './history.ts';
import { indexesOf } from './indexes.ts';
import type { Journal, LoadedJournal } from './journal.ts';

interface StoreOptions {
  readonly kinds: KindTable;
  readonly journal: Journal;
  readonly loaded: LoadedJournal;
  /** Changes per kind that a watch may go back. */
  readonly historyLimit: number;
}

type Listener = (change: Change) => void;

/**
 * The objects of the cluster, one counter of resourceVersions over all of them, and who wants to hear of changes.
 * A write is journalled, then visible, then announced; listeners run within the write and must not write themselves.
 */
export class Store {
  readonly #collections: ReadonlyMap<string, Collection>;
  readonly #histories: ReadonlyMap<string, History>;
  readonly #journal: Journal;
  readonly #listeners = new Set<Listener>();
  #resourceVersion: number;

  constructor({ kinds, journal, loaded, historyLimit }: StoreOptions) {
    const all = [...kinds.values()];
    this.#resourceVersion = Math.max(1, loaded.resourceVersion);
    this.#collections = new Map(all.map((kind) => [kind.kind, new Collection(indexesOf(kind))]));
    this.#histories = new Map(
      all.map(({ kind }) => [kind, new History(historyLimit, this.#resourceVersion)]),
    );
    this.#journal = journal;
    for (const stored of loaded.objects) {
      this.#collections.get(stored.object.kind)?.set(keyOfObject(stored.object), deepFreeze(stored));
    }
  }

  get resourceVersion(): number {
    return this.#resourceVersion;
  }

  get(kind: string, key: ObjectKey): Stored | undefined {
    return this.collection(kind).get(key);
  }

  /** Throws for a kind that the table does not have. */
  collection(kind: string): Collection {
    const collection = this.#collections.get(kind);
    if (collection === undefined) throw new Error(`the simulator does not know the kind ${kind}`);
    return collection;
  }

  /** Adds or replaces; gives the object its resourceVersion and answers it as stored. */
  put(object: SimObject, managers: readonly FieldManager[]): SimObject {
    const resourceVersion = this.#resourceVersion + 1;
    const metadata = { ...object.metadata, resourceVersion: String(resourceVersion) };
    const stored = deepFreeze({ object: withMetadata(object, metadata), managers });
    const { kind } = object;
    const key = keyOfObject(object);
    const previous = this.get(kind, key)?.object;
    this.#journal.append({ put: stored, kind, resourceVersion });
    this.#resourceVersion = resourceVersion;
    this.collection(kind).set(key, stored);
    const type = previous === undefined ? 'added' : 'modified';
    this.#announce({ type, kind, key, object: stored.object, previous, resourceVersion });
    return stored.object;
  }

  remove(kind: string, key: ObjectKey): void {
    const previous = this.get(kind, key)?.object;
    if (previous === undefined) return;
    const resourceVersion = this.#resourceVersion + 1;
    this.#journal.append({ remove: key, kind, resourceVersion });
    this.#resourceVersion = resourceVersion;
    this.collection(kind).delete(key);
    const metadata = { ...previous.metadata, resourceVersion: String(resourceVersion) };
    const object = deepFreeze(withMetadata(previous, metadata));
    this.#announce({ type: 'deleted', kind, key, object, previous, resourceVersion });
  }

  /** Changes of a kind after a resourceVersion, `undefined` when they reach back too far. */
  changesAfter(kind: string, resourceVersion: number): readonly Change[] | undefined {
    return this.#histories.get(kind)?.after(resourceVersion);
  }

  /** Calls back for each change until the returned function is called. */
  onChange(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Loses every object but those kept, without a word to anybody, as a cluster restored empty would. */
  wipe(keep: (object: SimObject) => boolean): void {
    for (const collection of this.#collections.values()) {
      for (const { object } of [...collection.values()])
        if (!keep(object)) collection.delete(keyOfObject(object));
    }
    this.#resourceVersion += 1;
    this.forgetHistory();
    this.#journal.rewrite(this.#resourceVersion, this.#all());
  }

  /** Watches from before now are 410 from here on. */
  forgetHistory(): void {
    for (const history of this.#histories.values()) history.forget(this.#resourceVersion);
  }

  close(): void {
    this.#listeners.clear();
    this.#journal.close();
  }

  *#all(): Iterable<Stored> {
    for (const collection of this.#collections.values()) yield* collection.values();
  }

  #announce(change: Change): void {
    this.#histories.get(change.kind)?.push(change);
    for (const listener of [...this.#listeners]) listener(change);
    if (this.#journal.isOversized) this.#journal.rewrite(this.#resourceVersion, this.#all());
  }
}
