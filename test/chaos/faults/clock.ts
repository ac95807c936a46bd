/**
 * A wall clock jumps by hours: that of the API, of the worker, or of the database. Instants are the database's, and what
 * waits, waits by a monotonic clock.
 */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { installSteppedClock } from '../../support/stepped-clock.ts';
import { converge } from '../converge.ts';
import type { ChaosCase } from '../fault.ts';
import type { Lane, Member } from '../stage/lane.ts';
import { type Disturbance, disturbanceCase } from './disturbance.ts';
import { fixedFault } from './fixed-cases.ts';

const HOUR = 3_600;
const under: Pick<Disturbance, 'callers' | 'pauseMs' | 'seconds'> = { callers: 2, pauseMs: 100, seconds: 3 };
/** A verified token is remembered for a minute at most; the rest is patience. */
const REMEMBERED_MS = 75_000;
const JUMP_LIMIT_MS = 20_000;
const ASK_AGAIN_MS = 100;
const PRELOAD = new URL('../stage/shifted-clock.ts', import.meta.url).href;

/** Tokens of the lane are good for 12 h: within them a jump is nobody's business. */
const steps = {
  'back-1h': -HOUR,
  'forward-6h': 6 * HOUR,
  'back-20s': -20,
  'back-6h': -6 * HOUR,
  'forward-1h': HOUR,
} as const;

export const clock = fixedFault({
  name: 'clock',
  against: ['simulator'],
  list: ({ isLong }) => {
    const all = Object.entries(steps);
    return [
      ...all
        .slice(0, isLong ? all.length : 1)
        .flatMap(([name, seconds]) => [
          processCase(`clock:api-${name}`, ({ api }) => api, seconds),
          processCase(`clock:worker-${name}`, ({ workers }) => workers[0], seconds),
        ]),
      ...all
        .slice(0, isLong ? all.length : 2)
        .map(([name, seconds]) => databaseCase(`clock:database-${name}`, seconds)),
      ...(isLong ? [tokenCase] : []),
    ];
  },
});

function processCase(id: string, memberOf: (lane: Lane) => Member | undefined, seconds: number) {
  return disturbanceCase({
    id,
    ...under,
    prepare: (lane) => shiftable(lane, found(memberOf(lane))),
    async strike(lane) {
      const member = found(memberOf(lane));
      await jump(lane, member, seconds);
      return async () => {
        if (!member.program.isRunning) throw new Error(`${member.name} has ended`);
        return 1;
      };
    },
  });
}

/** A token that the API takes for expired is refused within the minute that it may be remembered, and good again later. */
const tokenCase: ChaosCase = {
  id: 'clock:api-past-the-token',
  async run(lane) {
    const { api, client, world } = lane;
    const leave = await shiftable(lane, api);
    const ask = () => client.get('organization', world.organizationId).then(String, String);
    await ask();
    await jump(lane, api, 13 * HOUR);
    const limit = performance.now() + REMEMBERED_MS;
    while (!(await ask()).includes('401')) {
      if (performance.now() > limit) throw new Error('an expired token is still good');
      await sleep(ASK_AGAIN_MS);
    }
    await jump(lane, api, 0);
    const convergedSeconds = await converge(lane, performance.now(), {
      obstacle: async () => ((await ask()).includes('401') ? 'the token is not good again' : undefined),
    });
    return { injected: 1, convergedSeconds, leave };
  },
};

/** Started again with a clock that can be shifted. @returns what starts it as ever */
async function shiftable(lane: Lane, { program }: Member): Promise<() => Promise<void>> {
  await program.stop();
  await writeFile(fileOf(lane), '0');
  await program.start({ NODE_OPTIONS: `--import ${PRELOAD}`, SHIFTED_CLOCK_FILE: fileOf(lane) });
  return async () => {
    await program.stop();
    await program.start();
  };
}

/** @throws Error unless the process takes the time for what it was told */
async function jump(lane: Lane, { name, program }: Member, seconds: number): Promise<void> {
  const seenPath = `${fileOf(lane)}.seen`;
  await rm(seenPath, { force: true });
  await writeFile(fileOf(lane), String(seconds));
  process.kill(program.pid, 'SIGUSR2');
  const limit = performance.now() + JUMP_LIMIT_MS;
  for (;;) {
    const seen = Number(await readFile(seenPath, 'utf8').catch(() => ''));
    if (Math.abs(seen - Date.now() - seconds * 1_000) < JUMP_LIMIT_MS) return;
    if (performance.now() > limit) throw new Error(`the clock of ${name} did not jump`);
    await sleep(ASK_AGAIN_MS);
  }
}

function databaseCase(id: string, seconds: number) {
  return disturbanceCase({
    id,
    ...under,
    prepare: async (lane) => {
      const stepped = await installSteppedClock(lane.owner);
      return () => stepped.set(0);
    },
    async strike(lane) {
      const stepped = await installSteppedClock(lane.owner);
      await stepped.set(seconds);
      return async () => 1;
    },
  });
}

function fileOf({ directory }: Lane): string {
  return join(directory, 'clock');
}

function found(member: Member | undefined): Member {
  if (member === undefined) throw new Error('a lane has an API and a worker');
  return member;
}
