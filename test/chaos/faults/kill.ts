/**
 * The API or the worker is killed with SIGKILL at a step of an operation: before a message has left it, or after the
 * server has answered and before it has heard. The steps are those that undisturbed runs of the operation take.
 */
import { createHash } from 'node:crypto';
import { kinds } from '@netplane/domain';
import { createdId } from '../client.ts';
import { converge } from '../converge.ts';
import { type Exercise, exercises, prepare } from '../exercises.ts';
import type { ChaosCase, Fault, Outcome, Planning } from '../fault.ts';
import type { Lane, Member } from '../stage/lane.ts';
import { type Actors, actorsOf } from './actors.ts';
import { reachedBeforeTheEnd } from './reached.ts';
import type { RecordedStep } from './recording.ts';

interface KillCase extends Exercise, RecordedStep {
  /** While the worker is dead, what it was making is deleted again. */
  readonly thenDelete: boolean;
}

export const kill: Fault = {
  name: 'kill',
  against: ['simulator', 'cluster'],
  async cases(planning) {
    const wanted = exercises().filter(({ kind, verb }) => isExercised(planning, kind, verb));
    const recorded = await Promise.all(
      wanted.map(async (exercise) => {
        const steps = await planning.recorder.steps(exercise);
        return steps.flatMap((step) => variants(exercise, step));
      }),
    );
    if (planning.isLong) return recorded.flat().map(createCase);
    return recorded.flatMap((all) => sample(all, planning));
  },
  caseOf(id) {
    const match = /^kill:(api|worker):([a-z-]+)\.(create|update|delete):(.+)#(\d+)(:then-delete)?$/.exec(id);
    const [, process, kind, verb, step = '', occurrence, rest] = match ?? [];
    const exercise = exercises().find((each) => each.kind === kind && each.verb === verb);
    if (exercise === undefined || (process !== 'api' && process !== 'worker')) return undefined;
    return createCase({
      ...exercise,
      process,
      step,
      occurrence: Number(occurrence),
      thenDelete: rest !== undefined,
    });
  },
};

/** What is made while nobody works goes the usual way; what a worker has begun may be asked to go before it is made. */
function variants(exercise: Exercise, step: RecordedStep): readonly KillCase[] {
  const isBegun = exercise.verb === 'create' && step.process === 'worker' && kinds[exercise.kind].provisioned;
  return [false, ...(isBegun ? [true] : [])].map((thenDelete) => ({ ...exercise, ...step, thenDelete }));
}

/** A second cluster can only be simulated; what is changed is tried in the long run only. */
function isExercised({ against, isLong }: Planning, kind: string, verb: string): boolean {
  return (against === 'simulator' || kind !== 'cluster') && (isLong || verb !== 'update');
}

const ALTERNATIVES = 3;

/**
 * A few steps of each process that took any. The same seed prefers the same steps, whatever else a run took. Of kinds
 * that no cluster has to agree with the worker only numbers the events, as of all others.
 */
function sample(steps: readonly KillCase[], { seed, per }: Planning): readonly ChaosCase[] {
  const rank = (each: KillCase) =>
    createHash('sha1')
      .update(`${seed} ${idOf(each)}`)
      .digest('hex');
  const telling = steps.filter(({ process, kind }) => process === 'api' || kinds[kind].provisioned);
  const byProcess = Map.groupBy(telling, ({ process, thenDelete }) => `${process} ${thenDelete}`);
  return [...byProcess.values()].flatMap((each) => {
    const ranked = each.toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1)).map(createCase);
    const others = ranked.slice(per, per + ALTERNATIVES);
    return ranked.slice(0, per).map((first) => ({ ...first, alternatives: others }));
  });
}

function idOf({ process, kind, verb, step, occurrence, thenDelete }: KillCase): string {
  return `kill:${process}:${kind}.${verb}:${step}#${occurrence}${thenDelete ? ':then-delete' : ''}`;
}

function createCase(each: KillCase): ChaosCase {
  return { id: idOf(each), run: (lane) => run(lane, each) };
}

async function run(lane: Lane, each: KillCase): Promise<Outcome> {
  const actors = await actorsOf(lane, each);
  const request = await prepare(lane, each, actors.name);
  await converge(lane, performance.now());
  const member = memberOf(actors, each);
  const reached = killAt(member, each);
  const entry = await lane.client.send(request);
  const isReached = await reachedBeforeTheEnd(lane, reached);
  if (!isReached) {
    member.steps.disarm();
    await lane.client.settle(entry);
    return { injected: 0, convergedSeconds: 0, leave: actors.leave };
  }
  await member.program.kill();
  if (each.thenDelete) {
    await lane.client.settle(entry);
    await lane.client.must({ kind: each.kind, verb: 'delete', id: createdId(entry) });
  }
  const since = performance.now();
  await member.program.start();
  await lane.client.settle(entry);
  return { injected: 1, convergedSeconds: await converge(lane, since), leave: actors.leave };
}

function memberOf(actors: Actors, { process }: KillCase): Member {
  return process === 'api' ? actors.api : actors.worker;
}

/** Resolves when the process was killed. */
function killAt({ steps, program }: Member, target: RecordedStep): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  steps.arm(target, () => {
    process.kill(program.pid, 'SIGKILL');
    resolve();
    return 'ends';
  });
  return promise;
}
