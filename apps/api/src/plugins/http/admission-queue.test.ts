import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AdmissionQueue, type Entrant } from './admission-queue.ts';

const RUNNING_MAX = 2;
const limits = {
  runningMax: () => RUNNING_MAX,
  inFlightMax: 5,
  patienceMs: 500,
  calmMs: 1_000,
  overloadedWaitMs: 100,
};

/** A queue with a clock that stands still, and what became of whom. */
function useQueue(overrides: Partial<typeof limits> = {}) {
  const clock = { ms: 0 };
  const ran: string[] = [];
  const shed: string[] = [];
  const queue = new AdmissionQueue({ ...limits, ...overrides, now: () => clock.ms });
  const entrants = new Map<string, Entrant>();
  const entrant = (name: string): Entrant => {
    const known = entrants.get(name) ?? { run: () => ran.push(name), shed: () => shed.push(name) };
    entrants.set(name, known);
    return known;
  };
  return {
    ...{ clock, ran, shed, queue, entrant },
    enter: (...names: readonly string[]) => {
      for (const name of names) queue.enter(entrant(name));
    },
  };
}

describe('below the cap', () => {
  it('serves the newest first and sheds nobody', () => {
    const { enter, queue, ran, shed } = useQueue();
    enter('a', 'b', 'c', 'd', 'e');
    expect([ran, queue.running, queue.waiting]).toEqual([['a', 'b'], 2, 3]);
    for (const _ of 'edc') queue.leave();
    expect([ran, shed, queue.isOverloaded]).toEqual([['a', 'b', 'e', 'd', 'c'], [], false]);
  });

  it('serves who has waited for long before the newest', () => {
    const { clock, enter, queue, ran } = useQueue();
    enter('a', 'b', 'c');
    clock.ms = 1;
    enter('d', 'e');
    clock.ms = 500;
    for (const _ of 'ced') queue.leave();
    expect(ran).toEqual(['a', 'b', 'c', 'e', 'd']);
  });

  it('runs more as soon as more may', () => {
    const state = { runningMax: 1 };
    const { enter, queue, ran } = useQueue({ runningMax: () => state.runningMax });
    enter('a', 'b', 'c');
    state.runningMax = 2;
    queue.serve();
    expect(ran).toEqual(['a', 'c']);
    state.runningMax = 1;
    queue.leave();
    expect([ran, queue.running]).toEqual([['a', 'c'], 1]);
  });

  it('lets nobody wait while a slot is free', () => {
    const { enter, queue, ran } = useQueue();
    enter('a', 'b');
    queue.leave();
    enter('c');
    expect([ran, queue.waiting]).toEqual([['a', 'b', 'c'], 0]);
  });

  it('waits as long as it takes', () => {
    const { clock, enter, queue, shed } = useQueue();
    enter('a', 'b', 'c');
    clock.ms = 60_000;
    queue.serve();
    expect([shed, queue.waiting]).toEqual([[], 1]);
  });

  it('takes who has gone out of the queue', () => {
    const { enter, entrant, queue, ran } = useQueue();
    enter('a', 'b', 'c', 'd');
    queue.withdraw(entrant('c'));
    queue.leave();
    queue.leave();
    expect([ran, queue.waiting, queue.running]).toEqual([['a', 'b', 'd'], 0, 1]);
  });
});

describe('at the cap', () => {
  it('sheds who has waited longest, and serves the newest first', () => {
    const { enter, queue, ran, shed } = useQueue();
    enter('a', 'b', 'c', 'd', 'e', 'f', 'g');
    expect([shed, queue.shed, queue.isOverloaded]).toEqual([['c', 'd'], 2, true]);
    queue.leave();
    queue.leave();
    expect(ran).toEqual(['a', 'b', 'g', 'f']);
  });

  it('is overloaded until there has been a place for everybody for a while, whoever is shed meanwhile', () => {
    const { clock, enter, queue, shed } = useQueue();
    enter('a', 'b', 'c', 'd', 'e', 'f');
    expect(shed).toEqual(['c']);
    clock.ms = 999;
    queue.serve();
    enter('g');
    expect([shed, queue.isOverloaded]).toEqual([['c', 'd', 'e', 'f'], true]);
    clock.ms = 1_000;
    expect(queue.isOverloaded).toBe(false);
    clock.ms = 60_000;
    queue.serve();
    expect([shed.length, queue.waiting]).toEqual([4, 1]);
  });

  it('sheds who has waited too long, when somebody leaves and when it is looked', () => {
    const { clock, enter, queue, ran, shed } = useQueue();
    enter('a', 'b', 'c', 'd', 'e', 'f');
    clock.ms = 50;
    enter('g');
    clock.ms = 101;
    queue.leave();
    expect([ran, shed, queue.waiting]).toEqual([['a', 'b', 'g'], ['c', 'd', 'e', 'f'], 0]);
    enter('h');
    clock.ms = 202;
    queue.serve();
    expect(shed.at(-1)).toBe('h');
  });
});

describe('one that comes back', () => {
  it('is served before anybody else and never shed', () => {
    const { enter, entrant, queue, ran, shed } = useQueue();
    enter('a', 'b', 'c');
    queue.leave(); // a waits for something else: c runs
    queue.reenter(entrant('a'));
    enter('d', 'e', 'f', 'g', 'h');
    expect(shed).not.toContain('a');
    queue.leave();
    expect(ran).toEqual(['a', 'b', 'c', 'a']);
  });

  it('runs at once where a slot is free', () => {
    const { enter, entrant, queue, ran } = useQueue();
    enter('a');
    queue.leave();
    queue.reenter(entrant('a'));
    expect([ran, queue.running]).toEqual([['a', 'a'], 1]);
  });
});

it('does not pile up calls when everybody ends at once', () => {
  const queue = new AdmissionQueue({ ...limits, runningMax: () => 1, inFlightMax: 100_000, now: () => 0 });
  const state = { ran: 0 };
  const entrant = {
    run: () => {
      state.ran += 1;
      if (state.ran > 1) queue.leave();
    },
    shed: () => {},
  };
  for (let count = 0; count < 50_000; count += 1) queue.enter(entrant);
  queue.leave();
  expect([state.ran, queue.running, queue.waiting]).toEqual([50_000, 0, 0]);
});

it('whatever happens, loses nobody, runs no more than it may and leaves no slot free while somebody waits', () => {
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.constant('enter' as const) },
    { weight: 3, arbitrary: fc.constant('leave' as const) },
    fc.constant('withdraw' as const),
    fc.constant('pause' as const),
    fc.constant('late' as const),
    fc.constant('tick' as const),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const clock = { ms: 0 };
      const queue = new AdmissionQueue({ ...limits, now: () => clock.ms });
      const running = new Set<Entrant>();
      const waiting = new Set<Entrant>();
      const counts = { entered: 0, left: 0, shed: 0, withdrawn: 0 };
      const make = (): Entrant => {
        const entrant: Entrant = {
          run: () => {
            waiting.delete(entrant);
            running.add(entrant);
          },
          shed: () => {
            waiting.delete(entrant);
            counts.shed += 1;
          },
        };
        waiting.add(entrant);
        return entrant;
      };
      const [takeRunning, takeWaiting] = [running, waiting].map((set) => () => {
        const [entrant] = set;
        if (entrant !== undefined) set.delete(entrant);
        return entrant;
      });
      for (const what of steps) {
        if (what === 'enter') {
          counts.entered += 1;
          queue.enter(make());
        } else if (what === 'leave' && takeRunning?.() !== undefined) {
          counts.left += 1;
          queue.leave();
        } else if (what === 'pause') {
          const entrant = takeRunning?.();
          if (entrant === undefined) continue;
          queue.leave();
          waiting.add(entrant);
          queue.reenter(entrant);
        } else if (what === 'withdraw') {
          const entrant = takeWaiting?.();
          if (entrant === undefined) continue;
          counts.withdrawn += 1;
          queue.withdraw(entrant);
        } else if (what === 'late') queue.serve();
        else clock.ms += 60;
        expect(queue.running).toBe(running.size);
        expect(queue.waiting).toBe(waiting.size);
        expect(queue.running).toBeLessThanOrEqual(RUNNING_MAX);
        if (queue.waiting > 0) expect(queue.running).toBe(RUNNING_MAX);
        expect(counts.entered).toBe(
          running.size + waiting.size + counts.left + counts.shed + counts.withdrawn,
        );
      }
    }),
  );
});
