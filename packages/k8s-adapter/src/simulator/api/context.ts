import type { KindInfo, KindTable } from '../kinds.ts';
import type { FieldSetPool } from '../ownership/field-set.ts';
import type { WriteScope } from '../ownership/leaves.ts';
import type { Store } from '../store/store.ts';

/** What every operation of the API works on. */
export interface ApiContext {
  readonly store: Store;
  readonly kinds: KindTable;
  readonly fieldSets: FieldSetPool;
  readonly clock: () => Date;
  readonly newUid: () => string;
}

/** Seconds are as fine as Kubernetes tells time. */
export function timestampOf(date: Date): string {
  return date.toISOString().replace(/\.\d{3}Z$/, 'Z');
}

/** Which part a write through the object's own path reaches. */
export function mainScope(kind: KindInfo): WriteScope {
  return kind.statusSubresource ? 'main' : 'all';
}
