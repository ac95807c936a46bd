import { setTimeout as sleep } from 'node:timers/promises';
import { converge } from '../converge.ts';
import type { Lane } from '../stage/lane.ts';

/** What a process may still do after all is as it should be, such as a notification. */
const LINGER_MS = 500;

/** Whether a step is reached on the way to what was asked for. */
export async function reachedBeforeTheEnd(lane: Lane, reached: Promise<unknown>): Promise<boolean> {
  const ended = new AbortController();
  const { signal } = ended;
  const atRest = converge(lane, performance.now(), { signal })
    .then(() => sleep(LINGER_MS, undefined, { signal }))
    .then(
      () => false,
      () => false,
    );
  const isReached = await Promise.race([reached.then(() => true), atRest]);
  ended.abort();
  return isReached;
}
