import { expect, test } from 'vitest';
import type { Bench } from './measurement.ts';
import { comparedRow, interleaved, plainRow } from './rounds.ts';

function benchOf(signal = new AbortController().signal): Bench {
  return {
    ...{ isQuick: true, rounds: 3, directory: '', signal },
    say: () => {},
    wants: () => true,
    postgres: () => Promise.reject(new Error('no database here')),
  };
}

test('sides are measured in turn', async () => {
  const order: string[] = [];
  const side = (name: string, value: number) => async () => {
    order.push(name);
    return value + order.length;
  };
  const values = await interleaved(benchOf(), 'x', { a: side('a', 0), b: side('b', 10) });
  expect(order).toEqual(['a', 'b', 'a', 'b', 'a', 'b']);
  expect(values).toEqual({ a: [1, 3, 5], b: [12, 14, 16] });
});

test('an interrupted run measures nothing more', async () => {
  const stop = new AbortController();
  const side = async () => {
    stop.abort(new Error('interrupted'));
    return 1;
  };
  const never = () => Promise.reject(new Error('measured all the same'));
  await expect(interleaved(benchOf(stop.signal), 'x', { side, never })).rejects.toThrow('interrupted');
});

test('a ratio is the median of the ratios of the rounds, not the ratio of the medians', () => {
  const other = { name: 'bare', values: [100, 400, 1_000] };
  expect(comparedRow('row', '1/s', [50, 300, 600], other)).toEqual({
    ...{ name: 'row', value: 300, unit: '1/s', against: 'bare', ratio: 0.6 },
  });
});

test('a row that is compared with nothing says so', () => {
  expect(plainRow('row', 'ms', [3, 1, 2])).toEqual({
    ...{ name: 'row', value: 2, unit: 'ms', against: null, ratio: null },
  });
});
