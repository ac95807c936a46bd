/** What builders say: whole objects, each in a slot of its owner. The engine knows no kinds, kinds know no engine. */
import type { Reason } from '@netplane/domain';
import type { KubeObject, KubeType } from '../client/kube-object.ts';

/** A place for one object of an owner, with the name it gets when it is made. */
export interface Slot {
  readonly slot: string;
  readonly type: KubeType;
  readonly namespace: string | null;
  /** Create-once objects get `x<incarnation>` behind it. */
  readonly baseName: string;
  /** Changes of its spec are ignored by the cluster: it is never applied, only made anew. */
  readonly createOnce: boolean;
  /** Whether the name must be looked up before anything of the owner is written. */
  readonly lookFirst?: boolean;
}

export interface DesiredObject {
  readonly slot: string;
  /** Never with status; `metadata` has name, namespace and labels. */
  readonly object: KubeObject;
  /**
   * `ensure`: make and repair it. `keep`: leave it if it is there, never make it. `adopt`: use what is there as it is.
   * `ensure-or-adopt`: use what is there, make it where nothing is.
   */
  readonly presence: 'ensure' | 'keep' | 'adopt' | 'ensure-or-adopt';
  /** Why it is not made yet; one that is there stays as it is. */
  readonly hold: Reason | null;
}

export function ensure(slot: string, object: KubeObject, hold: Reason | null = null): DesiredObject {
  return { slot, object, presence: 'ensure', hold };
}

/** Nothing can be said of it yet but that it will come. */
export function held(slot: string, name: string, hold: Reason): DesiredObject {
  return { slot, object: { apiVersion: '', kind: '', metadata: { name } }, presence: 'ensure', hold };
}

/** Resolved names by slot, and what is on the cluster under them. */
export interface Situation {
  readonly nameOf: (slot: string) => string;
  readonly seen: ReadonlyMap<string, KubeObject>;
}

/** What became of a slot in this pass. */
export type SlotState =
  | 'held'
  | 'present'
  | 'made'
  | 'applied'
  /** It had been there and is gone by somebody else's hand; it is being made again. */
  | 'missing'
  /** It is being deleted by somebody else; it will be made again. */
  | 'terminating'
  | 'conflict'
  | 'rejected'
  /** Not desired any more and still there. */
  | 'leaving'
  | 'gone';

export interface SlotOutcome {
  readonly slot: string;
  readonly state: SlotState;
  readonly object?: KubeObject;
  readonly hold?: Reason | null;
  /** The API server's words on a rejection, and whether the same object can never be taken. */
  readonly message?: string;
  readonly isFinal?: boolean;
}
