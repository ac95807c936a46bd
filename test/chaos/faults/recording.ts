/** Runs an operation undisturbed and answers the steps that each process takes on its way. */
import { setTimeout as sleep } from 'node:timers/promises';
import { cleanUp } from '../clean-up.ts';
import { converge } from '../converge.ts';
import { type Exercise, prepare } from '../exercises.ts';
import type { LanePool } from '../lane-pool.ts';
import type { Lane, Member } from '../stage/lane.ts';
import { type Actors, actorsOf } from './actors.ts';

export interface RecordedStep {
  readonly process: 'api' | 'worker';
  readonly step: string;
  readonly occurrence: number;
}

/** Records each operation once, whichever faults ask for it. */
export interface Recorder {
  /** Without the steps that the processes take when nothing is asked of them. */
  steps(exercise: Exercise): Promise<readonly RecordedStep[]>;
}

/** @param runs how many undisturbed runs have to have taken a step */
export function createRecorder(pool: LanePool, runs: number): Recorder {
  const recorded = new Map<string, Promise<readonly RecordedStep[]>>();
  let idle: Promise<ReadonlySet<string>> | undefined;
  return {
    async steps(exercise) {
      idle ??= pool.withLane(idleSteps);
      const id = `${exercise.kind}.${exercise.verb}`;
      const known = recorded.get(id) ?? pool.withLane((lane) => recordSteps(lane, exercise, runs));
      recorded.set(id, known);
      const [ignored, taken] = await Promise.all([idle, known]); // either may fail, and is heard then
      return taken.filter(({ step }) => !ignored.has(step));
    },
  };
}

/** What a process does while nothing is asked of it, learned by listening for so long. */
const IDLE_MS = 7_000;

/** Steps that all of so many runs took: those that another run will take as well. */
async function recordSteps(lane: Lane, exercise: Exercise, runs: number): Promise<readonly RecordedStep[]> {
  let common = await recordOnce(lane, exercise);
  for (let done = 1; done < runs; done += 1) {
    const keys = new Set((await recordOnce(lane, exercise)).map(keyOf));
    common = common.filter((step) => keys.has(keyOf(step)));
  }
  return common;
}

function keyOf({ process, step, occurrence }: RecordedStep): string {
  return `${process} ${step} ${occurrence}`;
}

async function recordOnce(lane: Lane, exercise: Exercise): Promise<readonly RecordedStep[]> {
  const actors = await actorsOf(lane, exercise);
  const request = await prepare(lane, exercise, actors.name);
  await converge(lane, performance.now());
  const stops = stepsOf(actors).map(({ process, member }) => ({ process, stop: member.steps.record() }));
  await lane.client.settle(await lane.client.send(request));
  await converge(lane, performance.now());
  const steps = stops.flatMap(({ process, stop }) => counted(process, stop()));
  await cleanUp(lane);
  await actors.leave();
  return steps;
}

function stepsOf({ api, worker }: Actors) {
  const members: { readonly process: 'api' | 'worker'; readonly member: Member }[] = [
    { process: 'api', member: api },
    { process: 'worker', member: worker },
  ];
  return members;
}

/** The same step again is another step. */
function counted(process: 'api' | 'worker', steps: readonly string[]): readonly RecordedStep[] {
  const counts = new Map<string, number>();
  return steps.map((step) => {
    const occurrence = (counts.get(step) ?? 0) + 1;
    counts.set(step, occurrence);
    return { process, step, occurrence };
  });
}

/** Steps of the processes of a lane that has nothing to do, which are nobody's way anywhere. */
async function idleSteps(lane: Lane): Promise<ReadonlySet<string>> {
  const stops = [lane.api, ...lane.workers].map(({ steps }) => steps.record());
  await sleep(IDLE_MS);
  return new Set(stops.flatMap((stop) => stop()));
}
