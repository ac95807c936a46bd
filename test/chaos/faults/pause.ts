/**
 * The worker is paused at a step of a create, for as long as it takes the API to accept what comes next: a change, or the
 * delete of what is being made. Then it goes on with what it has read before.
 */
import { createHash } from 'node:crypto';
import { kinds } from '@netplane/domain';
import { createdId } from '../client.ts';
import { converge } from '../converge.ts';
import { type Exercise, exercises, prepare } from '../exercises.ts';
import type { ChaosCase, Fault, Outcome, Planning } from '../fault.ts';
import type { Lane } from '../stage/lane.ts';
import { actorsOf } from './actors.ts';
import { reachedBeforeTheEnd } from './reached.ts';
import type { RecordedStep } from './recording.ts';

const nexts = ['update', 'delete'] as const;

interface PauseCase extends Exercise, Pick<RecordedStep, 'step' | 'occurrence'> {
  readonly next: (typeof nexts)[number];
}

/** A case takes a second or two: no lease has to end. */
const SHORT_STEPS = 1;

export const pause: Fault = {
  name: 'pause',
  against: ['simulator', 'cluster'],
  async cases(planning) {
    const wanted = exercises().filter((exercise) => isExercised(planning, exercise));
    const recorded = await Promise.all(
      wanted.map(async (exercise) => {
        const steps = await planning.recorder.steps(exercise);
        return steps
          .filter(({ process, step }) => process === 'worker' && step.endsWith(':after'))
          .flatMap(({ step, occurrence }) => nexts.map((next) => ({ ...exercise, step, occurrence, next })));
      }),
    );
    return recorded.flatMap((all) => (planning.isLong ? all.map(createCase) : sample(all, planning)));
  },
  caseOf(id) {
    const [, kind, step = '', occurrence, word] =
      /^pause:([a-z-]+)\.create:(.+)#(\d+):then-(update|delete)$/.exec(id) ?? [];
    const exercise = exercises().find((each) => each.kind === kind && each.verb === 'create');
    const next = nexts.find((each) => each === word);
    if (exercise === undefined || next === undefined) return undefined;
    return createCase({ ...exercise, step, occurrence: Number(occurrence), next });
  },
};

function isExercised({ against }: Planning, { kind, verb }: Exercise): boolean {
  return verb === 'create' && kinds[kind].provisioned && (against === 'simulator' || kind !== 'cluster');
}

function sample(all: readonly PauseCase[], { seed, per }: Planning): readonly ChaosCase[] {
  const rank = (each: PauseCase) =>
    createHash('sha1')
      .update(`${seed} ${idOf(each)}`)
      .digest('hex');
  return all
    .toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1))
    .slice(0, SHORT_STEPS * per)
    .map(createCase);
}

function idOf({ kind, step, occurrence, next }: PauseCase): string {
  return `pause:${kind}.create:${step}#${occurrence}:then-${next}`;
}

function createCase(each: PauseCase): ChaosCase {
  return { id: idOf(each), run: (lane) => run(lane, each) };
}

async function run(lane: Lane, each: PauseCase): Promise<Outcome> {
  const { leave, worker, name } = await actorsOf(lane, each);
  const request = await prepare(lane, each, name);
  await converge(lane, performance.now());
  const { promise: paused, resolve } = Promise.withResolvers<void>();
  worker.steps.arm(each, () => {
    worker.program.freeze();
    resolve();
    return 'goes on';
  });
  const entry = await lane.client.send(request);
  const isReached = await reachedBeforeTheEnd(lane, paused);
  await lane.client.settle(entry);
  worker.steps.disarm();
  if (!isReached) return { injected: 0, convergedSeconds: 0, leave };
  const body = each.next === 'update' ? { body: { labels: { exercised: 'yes' } } } : {};
  await lane.client.must({ kind: each.kind, verb: each.next, id: createdId(entry), ...body });
  const since = performance.now();
  worker.program.wake();
  return { injected: 1, convergedSeconds: await converge(lane, since), leave };
}
