import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Load, LoadResult } from './load.ts';

/**
 * Makes a load from a thread of its own, whose event loop nobody else holds up.
 * @throws Error at the first answer that is not the expected one
 */
export async function runLoad(load: Load, signal: AbortSignal): Promise<LoadResult> {
  signal.throwIfAborted();
  const thread = new Worker(new URL('./thread.ts', import.meta.url), { workerData: load });
  const abort = () => void thread.terminate();
  signal.addEventListener('abort', abort, { once: true });
  try {
    const [result] = await Promise.race([once(thread, 'message'), endedEarly(thread, signal)]);
    return result as LoadResult; // what thread.ts posts
  } finally {
    signal.removeEventListener('abort', abort);
    await thread.terminate();
  }
}

export async function perSecond(load: Load, signal: AbortSignal): Promise<number> {
  const { answers, seconds } = await runLoad(load, signal);
  return answers / seconds;
}

/** `once` rejects with the thread's error by itself. */
async function endedEarly(thread: Worker, signal: AbortSignal): Promise<never> {
  await once(thread, 'exit');
  signal.throwIfAborted();
  throw new Error('the load generator ended without a result');
}
