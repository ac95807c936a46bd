/** Notices that the database's clock was set back, and keeps work from waiting for the time that it has to come again. */
import { mendInstants, readDatabaseClock } from '@netplane/db';
import type { WorkerContext } from './context.ts';
import type { Duty } from './resync.ts';

const EVERY_MS = 5_000;
const MILLISECONDS = 1_000;
/** NTP slews by less between two looks; a step is more. */
const STEP_SECONDS = 1;

interface Look {
  readonly seconds: number;
  /** By the monotonic clock: the database was asked no later than this. */
  readonly answeredAt: number;
}

/** For every worker on its own: each has a monotonic clock to hold against that of the database. */
export function watchDatabaseClock(): Duty {
  let last: Look | undefined;
  return {
    name: 'database clock',
    everyMs: EVERY_MS,
    async run(ctx) {
      const askedAt = ctx.clock();
      const { seconds, has_strays: hasStrays } = await readDatabaseClock(ctx.database, ctx.clusterId);
      // nobody knows what happened before the first look
      const isStepBack =
        last === undefined || passed(last, askedAt) - (seconds - last.seconds) > STEP_SECONDS;
      if (last !== undefined && isStepBack) ctx.log.warn('the clock of the database was set back');
      if (isStepBack || hasStrays) await mend(ctx);
      last = { seconds, answeredAt: ctx.clock() };
    },
  };
}

/** Seconds that have passed at least. */
function passed({ answeredAt }: Look, askedAt: number): number {
  return (askedAt - answeredAt) / MILLISECONDS;
}

async function mend({ database, clusterId, settings }: WorkerContext): Promise<void> {
  await mendInstants(database, clusterId, settings.QUARANTINE_SECONDS);
}
