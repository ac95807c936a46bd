/** What a fault is to the harness. One file of `faults/` per fault; `faults/all-faults.ts` lists them. */
import type { Recorder } from './faults/recording.ts';
import type { ClusterType } from './stage/cluster.ts';
import type { Lane } from './stage/lane.ts';

export interface Fault {
  /** First part of the ids of its cases, and what `--only` takes. */
  readonly name: string;
  readonly against: readonly ClusterType[];
  /**
   * Its cases.
   * @throws Error when something that the code lists cannot be exercised
   */
  cases(planning: Planning): Promise<readonly ChaosCase[]>;
  /** The case of that id, without looking for the others; `undefined` where there can be no such case. */
  caseOf(id: string, planning: Planning): ChaosCase | undefined;
}

export interface Planning {
  readonly recorder: Recorder;
  readonly against: ClusterType;
  /** Every case that there is; otherwise a sample. */
  readonly isLong: boolean;
  /** How large a sample: steps per process and operation. */
  readonly per: number;
  readonly seed: number;
}

export interface ChaosCase {
  /** Says all of what it does, so that `--case <id>` repeats it: `<fault>:<what>`. */
  readonly id: string;
  /** Whether it needs a PostgreSQL of its own, because it breaks the server. */
  readonly ownServer?: boolean;
  /** Tried in turn where its step is not reached. */
  readonly alternatives?: readonly ChaosCase[];
  /**
   * Asks for something, breaks something, waits until it converged. The lane is checked afterwards.
   * @throws Error that says what does not hold
   */
  run(lane: Lane): Promise<Outcome>;
}

export interface Outcome {
  /** How often the fault has struck: 0 where its step was not reached this time, which proves nothing. */
  readonly injected: number;
  /** From the end of the fault until everything was as it was asked for. */
  readonly convergedSeconds: number;
  /** Ends what came for this case alone, after the checks. */
  readonly leave?: () => Promise<void>;
}
