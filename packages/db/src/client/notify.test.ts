import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createNotifier } from './notify.ts';
import type { Pool } from './pool.ts';

const INTERVAL_MS = 10;
const FIRST_MS = 1_000;

beforeEach(() => vi.useFakeTimers({ now: FIRST_MS }));
afterEach(() => vi.useRealTimers());

function notifierOver(sent: unknown[]) {
  const query = async (_: string, values: readonly unknown[]) => sent.push(values[1]);
  const pool = { query } as unknown as Pool; // of a pool a notifier uses no more
  return createNotifier(pool, 'channel', { intervalMs: INTERVAL_MS, onError: () => {} });
}

it('sends the first at once and the others together at the end of the interval', async () => {
  const sent: unknown[] = [];
  const notifier = notifierOver(sent);
  for (const id of ['a', 'b', 'c']) notifier.notify(id);
  await vi.advanceTimersByTimeAsync(0);
  expect(sent).toEqual(['a']);
  await vi.advanceTimersByTimeAsync(INTERVAL_MS);
  expect(sent).toEqual(['a', 'b,c']);
});

it('gives one turn per interval, and none where others wait to be sent', async () => {
  const sent: unknown[] = [];
  const notifier = notifierOver(sent);
  expect(notifier.takeTurn()).toBe(true);
  expect(notifier.takeTurn()).toBe(false);
  notifier.notify('a');
  expect(sent).toEqual([]);
  await vi.advanceTimersByTimeAsync(INTERVAL_MS);
  expect(sent).toEqual(['a']);
  expect(notifier.takeTurn()).toBe(false);
  await vi.advanceTimersByTimeAsync(INTERVAL_MS);
  expect(notifier.takeTurn()).toBe(true);
});

it('sends what waits when it is closed', async () => {
  const sent: unknown[] = [];
  const notifier = notifierOver(sent);
  notifier.notify('a');
  notifier.notify('b');
  await notifier.close();
  expect(sent).toEqual(['a', 'b']);
});
