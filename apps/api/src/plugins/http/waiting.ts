/**
 * Waiting without polling: a request waits for a resource to settle, woken by the workers' notifications. They are
 * hints: every waiter also looks by itself once a second.
 */
import { NetplaneError, phaseIsSettled, type Status, waitsForCaller } from '@netplane/domain';

export const WAIT_SECONDS_MAX = 60;
const RECHECK_MS = 1_000;
/** More than this many waits at once end at once with the phase as it is. */
const WAITS_MAX = 2_000;

export interface Waiters {
  /** Resolves when the id was notified, after `milliseconds`, or when the signal aborts. */
  next(id: string, milliseconds: number, signal: AbortSignal): Promise<void>;
  /** Wakes whoever waits for these ids; without ids, everybody. */
  wake(ids: readonly string[]): void;
  readonly size: number;
  /** Everybody is answered with the phase as it is, now and from now on. */
  close(): void;
  readonly isClosed: boolean;
}

export function createWaiters(): Waiters {
  const waiting = new Map<string, Set<() => void>>();
  let size = 0;
  let isClosed = false;

  function remove(id: string, resolve: () => void): void {
    const others = waiting.get(id);
    if (others?.delete(resolve) !== true) return;
    size -= 1;
    if (others.size === 0) waiting.delete(id);
  }

  function wake(ids: readonly string[]): void {
    const sets = ids.length === 0 ? [...waiting.values()] : ids.map((id) => waiting.get(id));
    for (const resolve of sets.flatMap((set) => [...(set ?? [])])) resolve();
  }

  return {
    next(id, milliseconds, signal) {
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.set(id, (waiting.get(id) ?? new Set()).add(resolve));
      size += 1;
      const timer = setTimeout(resolve, milliseconds);
      const onAbort = () => resolve();
      signal.addEventListener('abort', onAbort, { once: true });
      return promise.finally(() => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        remove(id, resolve);
      });
    },
    wake,
    get size() {
      return size;
    },
    close() {
      isClosed = true;
      wake([]);
    },
    get isClosed() {
      return isClosed;
    },
  };
}

export interface WaitRequest<T> {
  readonly id: string;
  readonly seconds: number;
  readonly target: 'ready' | 'deleted';
  /** Reads the resource afresh; `undefined` when it is gone. */
  readonly reload: () => Promise<T | undefined>;
  readonly statusOf: (value: T) => Status;
  /** Sleeps where it is in nobody's way. */
  readonly aside: (sleep: () => Promise<void>) => Promise<void>;
  /** Of the desired state: what is ready at an earlier one is not ready yet. */
  readonly revisionOf: (value: T) => number;
}

/**
 * Waits until the resource settled, needs its caller, is gone, or the time is over.
 * @returns the resource as it is then, `undefined` when it is gone
 */
export async function waitUntilSettled<T>(
  waiters: Waiters,
  signal: AbortSignal,
  current: T,
  request: WaitRequest<T>,
): Promise<T | undefined> {
  const deadline = performance.now() + request.seconds * 1_000;
  let value: T | undefined = current;
  while (value !== undefined && !isOver(value, request)) {
    const remaining = deadline - performance.now();
    if (remaining <= 0 || signal.aborted || waiters.isClosed || waiters.size >= WAITS_MAX) return value;
    await request.aside(() => waiters.next(request.id, Math.min(remaining, RECHECK_MS), signal));
    value = await request.reload();
  }
  return value;
}

function isOver<T>(value: T, { target, statusOf, revisionOf }: WaitRequest<T>): boolean {
  const status = statusOf(value);
  if (waitsForCaller(status)) return true;
  if (target === 'deleted' || !phaseIsSettled(status.phase)) return false;
  return status.phase !== 'ready' || status.observed_revision >= revisionOf(value);
}

/**
 * `Prefer: wait=N` (RFC 7240), at most 60 seconds.
 * @returns seconds to wait, 0 without the preference
 * @throws NetplaneError `invalid_request` for a wait that is no number
 */
export function preferredWait(header: string | readonly string[] | undefined): number {
  const preferences = [header ?? ''].flat().join(',').split(',');
  for (const preference of preferences) {
    const [name = '', value = ''] =
      preference
        .split(';')[0]
        ?.split('=')
        .map((part) => part.trim()) ?? [];
    if (name.toLowerCase() !== 'wait') continue;
    const seconds = /^"?(\d{1,6})"?$/.exec(value)?.[1];
    if (seconds === undefined) {
      throw new NetplaneError('invalid_request', { detail: 'Prefer: wait=N takes whole seconds.' });
    }
    return Math.min(Number(seconds), WAIT_SECONDS_MAX);
  }
  return 0;
}
