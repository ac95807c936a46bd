import { setTimeout as delay } from 'node:timers/promises';

export interface WaitOptions {
  readonly timeoutMs: number;
  readonly intervalMs?: number;
  /** Says why waiting has become pointless (a program died), or undefined while it has not. */
  readonly givenUp?: () => string | undefined;
}

/**
 * Asks `check` again and again until it answers something else than undefined, and answers that.
 * An exception of `check` counts as "not yet". Throws an Error naming `what`, with the last exception as its
 * cause, after `timeoutMs` or as soon as `givenUp` gives a reason.
 */
export async function waitFor<T>(
  what: string,
  options: WaitOptions,
  check: () => Promise<T | undefined>,
): Promise<T> {
  const { timeoutMs, intervalMs = 100, givenUp = () => undefined } = options;
  const deadline = performance.now() + timeoutMs;
  let lastError: unknown;
  for (;;) {
    try {
      const answer = await check();
      if (answer !== undefined) return answer;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    const reason = givenUp() ?? (performance.now() > deadline ? `not after ${timeoutMs} ms` : undefined);
    if (reason !== undefined) throw new Error(`waiting for ${what}: ${reason}`, { cause: lastError });
    await delay(intervalMs);
  }
}
