import { describe, expect, it } from 'vitest';
import { RunningLimit } from './running-limit.ts';

function observe(limit: RunningLimit, latenessMs: number, times: number, isPressed = true): number {
  for (let count = 0; count < times; count += 1) limit.observe(latenessMs, isPressed);
  return limit.value;
}

describe('RunningLimit', () => {
  it('begins with eight, grows to as many as may run at most, and never passes it', () => {
    const limit = new RunningLimit(16);
    expect(limit.value).toBe(8);
    expect(observe(limit, 0, 200)).toBe(16);
  });

  it('falls while the loop is late, and lets a few run however late it is', () => {
    const limit = new RunningLimit(16);
    expect(observe(limit, 30, 1)).toBe(6);
    expect(observe(limit, 30, 100)).toBe(2);
  });

  it('leaves more of them, and leaves them for longer, while everybody will be served', () => {
    const limit = new RunningLimit(16);
    expect(observe(limit, 2, 100, false)).toBe(8);
    expect(observe(limit, 30, 100, false)).toBe(4);
    expect(observe(limit, 0, 200, false)).toBe(16);
  });

  it('grows by one at a time while the loop is on time', () => {
    const limit = new RunningLimit(16);
    observe(limit, 30, 100);
    const values = Array.from({ length: 200 }, () => observe(limit, 0, 1));
    expect(values.at(-1)).toBe(16);
    for (const [index, value] of values.entries())
      expect(value - (values[index - 1] ?? 2)).toBeLessThanOrEqual(1);
  });

  it('stays where it is in between', () => {
    const limit = new RunningLimit(16);
    observe(limit, 30, 1);
    observe(limit, 1, 100);
    const { value } = limit;
    expect(observe(limit, 1, 100)).toBe(value);
  });

  it('is not more than a pool of one', () => {
    expect(observe(new RunningLimit(1), 100, 100)).toBe(1);
  });
});
