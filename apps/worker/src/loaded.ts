/** What a kind's `load` hands to the one reconcile path. */
import type { WorkClaim, WorkKey, WorkRow } from '@netplane/db';
import type {
  Derived,
  DesiredObject,
  KubeObject,
  Owner,
  Situation,
  Slot,
  SlotOutcome,
} from '@netplane/k8s-adapter';
import type { WorkerContext } from './context.ts';

/** One pass over a resource: what became of its slots, and what is on the cluster now. */
export interface Pass {
  readonly outcomes: ReadonlyMap<string, SlotOutcome>;
  readonly seen: ReadonlyMap<string, KubeObject>;
  readonly signal: AbortSignal;
}

/** What a pass changed of the status that others see. */
export type StatusChange = 'nothing' | 'status' | 'phase' | 'gone';

export interface Loaded {
  readonly row: WorkRow;
  readonly owner: Owner;
  readonly builderVersion: number;
  readonly slots: readonly Slot[];
  readonly build: (situation: Situation) => readonly DesiredObject[];
  /** Looks further where a step takes long, and says what is true. */
  readonly derive: (pass: Pass) => Promise<Derived>;
  /** Objects that their controller should look at again. */
  readonly stuck?: (pass: Pass) => readonly KubeObject[];
  /** Whether the cluster has confirmed an EIP's address. */
  readonly isProvisioned?: (pass: Pass) => boolean;
  /** Whether everything that must go before this resource has gone; the engine knows only its own objects. */
  readonly mayFinish: () => Promise<boolean>;
  /** The last transaction of a deleted resource. */
  readonly finish: (claim: WorkClaim) => Promise<boolean>;
  /** Whether it is known beforehand that `wakes` has nobody to name and nothing to do. */
  readonly wakesNobody?: (pass: Pass) => boolean;
  /** Others that waited for what happened in this pass. */
  readonly wakes: (pass: Pass, change: StatusChange) => Promise<readonly WorkKey[]>;
}

/** `undefined` when the row is gone. */
export type Load = (ctx: WorkerContext, id: string) => Promise<Loaded | undefined>;

/** Whether a step has had the time that it takes. */
export function isOverdue(ctx: WorkerContext, row: WorkRow): boolean {
  return Math.min(row.age_seconds, secondsSinceFirstObject(row) ?? 0) > ctx.settings.DEADLINE_SECONDS;
}

/** Time in the queue before the first object says nothing of the cluster. `undefined` where there is none. */
export function secondsSinceFirstObject({ objects }: WorkRow): number | undefined {
  return objects.length === 0 ? undefined : Math.max(...objects.map((object) => object.age_seconds));
}

/** How long the cluster has had for the object of a slot as it is desired now; 0 where there is none. */
export function secondsOfObject({ age_seconds: age, objects }: WorkRow, slot: string): number {
  return Math.min(age, objects.find((object) => object.slot === slot)?.age_seconds ?? 0);
}

/** After this long without success the worker looks for the cause. */
export const DIAGNOSE_AFTER_SECONDS = 3;

/** After this long without success a controller is woken. */
export const STUCK_AFTER_SECONDS = 10;
