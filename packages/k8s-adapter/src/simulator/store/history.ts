import type { ObjectKey, SimObject } from '../sim-object.ts';

/** One committed write. `object` is the new state, or the last one with the deletion's resourceVersion. */
export interface Change {
  readonly type: 'added' | 'modified' | 'deleted';
  readonly kind: string;
  readonly key: ObjectKey;
  readonly object: SimObject;
  readonly previous: SimObject | undefined;
  readonly resourceVersion: number;
}

/** The last changes of one kind: what a watch may still ask for. Older is 410. */
export class History {
  readonly #limit: number;
  #changes: Change[] = [];
  /** Everything after this is known. */
  #floor: number;

  constructor(limit: number, floor: number) {
    this.#limit = limit;
    this.#floor = floor;
  }

  push(change: Change): void {
    this.#changes.push(change);
    // Cut in halves, so that each change is moved once at most.
    if (this.#changes.length < this.#limit * 2) return;
    const dropped = this.#changes.splice(0, this.#limit);
    this.#floor = dropped.at(-1)?.resourceVersion ?? this.#floor;
  }

  /** Changes after a resourceVersion, `undefined` when some of them are forgotten. */
  after(resourceVersion: number): readonly Change[] | undefined {
    if (resourceVersion < this.#floor) return undefined;
    const first = this.#changes.findIndex((change) => change.resourceVersion > resourceVersion);
    return first === -1 ? [] : this.#changes.slice(first);
  }

  /** Forgets everything up to a resourceVersion. */
  forget(floor: number): void {
    this.#changes = [];
    this.#floor = floor;
  }
}
