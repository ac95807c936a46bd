/**
 * Several workers serve one cluster, and the one that reaches a step is frozen there with SIGSTOP, past its lease: others
 * take over what it was doing, and do more. Then it is woken and goes on where it was.
 */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createdId } from '../client.ts';
import { converge } from '../converge.ts';
import { type Exercise, exercises, prepare } from '../exercises.ts';
import type { ChaosCase, Fault, Outcome, Planning } from '../fault.ts';
import type { Lane, WorkerMember } from '../stage/lane.ts';
import { reachedBeforeTheEnd } from './reached.ts';

interface FreezeCase extends Exercise {
  readonly workers: number;
  readonly step: string;
  /** While the worker is frozen, what it makes is deleted again. */
  readonly thenDelete: boolean;
}

/** A lease lasts 15 s. */
const FROZEN_SECONDS = 20;
/** How long the others may take, where the frozen one holds a lock that only its wake gives back. */
const OTHERS_SECONDS = 45;
/** What the woken one may still do: longer than a call may take. */
const LATE_SECONDS = 6;

export const freeze: Fault = {
  name: 'freeze',
  against: ['simulator', 'cluster'],
  async cases(planning) {
    const { recorder, isLong } = planning;
    const wanted = exercises().filter(({ kind, verb }) => isExercised(planning, kind, verb));
    const recorded = await Promise.all(
      wanted.map(async (exercise) => {
        const own = (await recorder.steps(exercise)).filter(({ process }) => process === 'worker');
        return variants(exercise, [...new Set(own.map(({ step }) => step))], isLong);
      }),
    );
    return recorded.flatMap((all) => (isLong ? all.map(createCase) : sample(all, planning)));
  },
  caseOf(id) {
    const [, workers, kind, verb, step = '', rest] =
      /^freeze:([24]):([a-z-]+)\.(create|update|delete):(.+?)(:then-delete)?$/.exec(id) ?? [];
    const exercise = exercises().find((each) => each.kind === kind && each.verb === verb);
    if (exercise === undefined) return undefined;
    return createCase({ ...exercise, workers: Number(workers), step, thenDelete: rest !== undefined });
  },
};

/** Where several workers meet: what is on the cluster of many resources. A second cluster has one worker. */
function isExercised({ isLong }: Planning, kind: string, verb: string): boolean {
  if (!['project', 'eip', 'external-network', 'ip-range'].includes(kind)) return false;
  return isLong || (['project', 'eip'].includes(kind) && verb !== 'update');
}

function variants(exercise: Exercise, steps: readonly string[], isLong: boolean): readonly FreezeCase[] {
  const counts = isLong ? [2, 4] : [exercise.verb === 'delete' ? 4 : 2];
  const isDeletable = exercise.verb === 'create';
  return counts.flatMap((workers) =>
    steps.map((step) => ({ ...exercise, workers, step, thenDelete: isDeletable })),
  );
}

const ALTERNATIVES = 3;

function sample(all: readonly FreezeCase[], { seed, per }: Planning): readonly ChaosCase[] {
  const rank = (each: FreezeCase) =>
    createHash('sha1')
      .update(`${seed} ${idOf(each)}`)
      .digest('hex');
  const ranked = all.toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1)).map(createCase);
  const others = ranked.slice(per, per + ALTERNATIVES);
  return ranked.slice(0, per).map((first) => ({ ...first, alternatives: others }));
}

function idOf({ workers, kind, verb, step, thenDelete }: FreezeCase): string {
  return `freeze:${workers}:${kind}.${verb}:${step}${thenDelete ? ':then-delete' : ''}`;
}

function createCase(each: FreezeCase): ChaosCase {
  return { id: idOf(each), run: (lane) => run(lane, each) };
}

async function run(lane: Lane, each: FreezeCase): Promise<Outcome> {
  const added: WorkerMember[] = [];
  while (lane.workers.length < each.workers) added.push(await lane.addWorker());
  await Promise.all(added.map(({ program }) => program.start()));
  const leave = async () => {
    for (const worker of added) await lane.removeWorker(worker);
  };
  const request = await prepare(lane, each, '');
  await converge(lane, performance.now());
  const frozen = freezeAt(lane, each.step);
  const entry = await lane.client.send(request);
  const isReached = await reachedBeforeTheEnd(lane, frozen);
  await lane.client.settle(entry);
  if (!isReached) {
    for (const { steps } of lane.workers) steps.disarm();
    return { injected: 0, convergedSeconds: 0, leave };
  }
  await Promise.all([sleep(FROZEN_SECONDS * 1_000), othersGoOn(lane, each, () => createdId(entry))]);
  const since = performance.now();
  (await frozen).program.wake();
  const convergedSeconds = await converge(lane, since);
  await sleep(LATE_SECONDS * 1_000);
  await converge(lane, performance.now());
  return { injected: 1, convergedSeconds, leave };
}

/** Whoever reaches the step first. */
function freezeAt({ workers }: Lane, step: string): Promise<WorkerMember> {
  const { promise, resolve } = Promise.withResolvers<WorkerMember>();
  for (const worker of workers) {
    worker.steps.arm({ step, occurrence: 1 }, () => {
      worker.program.freeze();
      for (const { steps } of workers) steps.disarm();
      resolve(worker);
      return 'goes on';
    });
  }
  return promise;
}

async function othersGoOn(lane: Lane, { kind, thenDelete }: FreezeCase, made: () => string): Promise<void> {
  const limit = { limitSeconds: OTHERS_SECONDS };
  await converge(lane, performance.now(), limit).catch(() => {}); // it is judged after the wake
  if (!thenDelete) return;
  await lane.client.must({ kind, verb: 'delete', id: made() });
  await converge(lane, performance.now(), limit).catch(() => {});
}
