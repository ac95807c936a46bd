/** What a resource says of itself: a phase for machines, conditions for people (docs/errors.md). */

export const phases = [
  'pending',
  'provisioning',
  'ready',
  'degraded',
  'failed',
  'deleting',
  'suspended',
] as const;
export type Phase = (typeof phases)[number];

export interface Condition {
  /** Fixed word per check, e.g. `NetworkReady`. */
  readonly type: string;
  readonly status: 'true' | 'false' | 'unknown';
  /** Fixed CamelCase word. */
  readonly reason: string;
  /** What to do next, stable text without times. */
  readonly message: string;
  /** The message's values, so that a portal can translate it. */
  readonly params: Readonly<Record<string, string | number>>;
  /** Whose move it is; `caller` ends a wait at once. */
  readonly waiting_on: 'caller' | 'platform' | 'cluster' | null;
  readonly last_transition_at: string;
  readonly observed_revision: number;
  /** For platform administrators and logs only: names of what belongs to others. */
  readonly operator_detail?: string;
}

/** A condition as a status mapper states it: without the bookkeeping that `report` adds. */
export type ConditionClaim = Omit<Condition, 'last_transition_at' | 'observed_revision'>;

export interface Status {
  readonly phase: Phase;
  readonly conditions: readonly Condition[];
  /** Counts changes of the status; the part of the ETag after the dash. */
  readonly revision: number;
  /** The desired state's revision that phase and conditions speak of. */
  readonly observed_revision: number;
  readonly updated_at: string;
  readonly next_try_at: string | null;
  readonly message: string;
}

/** Phases in which no further waiting changes anything by itself. */
export function phaseIsSettled(phase: Phase): boolean {
  return phase === 'ready' || phase === 'failed' || phase === 'suspended';
}

export function waitsForCaller(status: Status): boolean {
  return status.conditions.some(
    (condition) => condition.status !== 'true' && condition.waiting_on === 'caller',
  );
}

/** The status of kinds that no cluster has to agree with: there from the commit on. */
export function recordedStatus(revision: number, updatedAt: string): Status {
  return {
    phase: 'ready',
    conditions: [],
    revision: 1,
    observed_revision: revision,
    updated_at: updatedAt,
    next_try_at: null,
    message: '',
  };
}
