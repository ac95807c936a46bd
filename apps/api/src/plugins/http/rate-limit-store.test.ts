import { describe, expect, it, vi } from 'vitest';
import { createRateLimitStore } from './rate-limit-store.ts';

const WINDOW_MS = 10_000;

function openStore(clock?: () => number) {
  const Store = createRateLimitStore(2, clock);
  const store = new Store({});
  return (key: string) => {
    const answer: { current?: number; ttl?: number } = {};
    store.incr(key, (_, result) => Object.assign(answer, result), WINDOW_MS, 3);
    return answer;
  };
}

describe('a window of requests', () => {
  it('counts each key for itself, and begins again when it is over', () => {
    const at = { now: 5 };
    const come = openStore(() => at.now);
    expect(come('a')).toEqual({ current: 1, ttl: WINDOW_MS });
    at.now += 4_000;
    expect(come('a')).toEqual({ current: 2, ttl: 6_000 });
    expect(come('b')).toEqual({ current: 1, ttl: WINDOW_MS });
    at.now += 6_000;
    expect(come('a')).toEqual({ current: 1, ttl: WINDOW_MS });
  });

  it('forgets the key that was not seen for longest', () => {
    const come = openStore(() => 0);
    for (const key of ['a', 'b', 'a', 'c']) come(key);
    expect(come('a').current).toBe(3);
    expect(come('b').current).toBe(1);
  });

  it('lasts as long as ever when the wall clock is set back', () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 0, 1, 12) });
    try {
      const come = openStore();
      come('a');
      vi.setSystemTime(Date.UTC(2026, 0, 1, 11));
      expect(come('a').ttl).toBeLessThanOrEqual(WINDOW_MS);
    } finally {
      vi.useRealTimers();
    }
  });
});
