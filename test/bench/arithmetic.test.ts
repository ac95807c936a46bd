import { describe, expect, test } from 'vitest';
import { median, percentile, rounded } from './arithmetic.ts';

describe('median', () => {
  test('is the middle value, whatever the order', () => {
    expect(median([9, 1, 5])).toBe(5);
  });

  test('is the mean of the middle two of an even number', () => {
    expect(median([4, 1, 2, 100])).toBe(3);
  });

  test('refuses to make up a value', () => {
    expect(() => median([])).toThrow(RangeError);
  });
});

describe('percentile', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);

  test('is exceeded by no more than the rest', () => {
    expect(percentile(hundred, 0.99)).toBe(99);
    expect(percentile(hundred, 0.5)).toBe(50);
  });

  test('of everything is the largest value', () => {
    expect(percentile(hundred, 1)).toBe(100);
    expect(percentile([7], 0.01)).toBe(7);
  });
});

test('values are rounded to significant digits', () => {
  expect([rounded(1_234.5), rounded(0.012_345), rounded(98_765, 2)]).toEqual([1_230, 0.0123, 99_000]);
});
