/** PostgreSQL is killed, restarted, or drops its connections, while callers are at work. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Lane } from '../stage/lane.ts';
import { type Disturbance, disturbanceCase } from './disturbance.ts';
import { fixedFault } from './fixed-cases.ts';

const under: Pick<Disturbance, 'callers' | 'pauseMs' | 'seconds'> = { callers: 4, pauseMs: 20, seconds: 3 };
const FAILOVER_SECONDS = 5;
const STRIKES = { short: 1, long: 5 } as const;
const BETWEEN_STRIKES_MS = 1_000;

const ways = {
  /** Crash recovery: what was committed is there, what was not is not. */
  killed: async ({ postgres }: Lane) => {
    await postgres.kill();
    await postgres.start();
  },
  restarted: async ({ postgres }: Lane) => {
    await postgres.stop();
    await postgres.start();
  },
  'terminates-all-connections': async ({ owner }: Lane) => {
    await owner.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid()`,
    );
  },
  'fails-over': async ({ api, workers }: Lane) => {
    const links = [api, ...workers].map(({ database }) => database);
    for (const link of links) {
      link.refuse(true);
      link.dropAll();
    }
    await sleep(FAILOVER_SECONDS * 1_000);
    for (const link of links) link.refuse(false);
  },
} as const satisfies Record<string, (lane: Lane) => Promise<void>>;

export const postgres = fixedFault({
  name: 'postgres',
  against: ['simulator'],
  list: ({ isLong }) =>
    Object.entries(ways).map(([name, breakIt]) =>
      disturbanceCase({
        id: `postgres:${name}`,
        ownServer: name === 'killed' || name === 'restarted',
        ...under,
        async strike(lane) {
          const strikes = isLong ? STRIKES.long : STRIKES.short;
          for (let count = 0; count < strikes; count += 1) {
            await breakIt(lane);
            if (count < strikes - 1) await sleep(BETWEEN_STRIKES_MS);
          }
          return async () => strikes;
        },
      }),
    ),
});
