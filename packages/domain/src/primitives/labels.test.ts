import { describe, expect, it } from 'vitest';
import { parseLabelSelector } from './labels.ts';

describe('a label selector', () => {
  it.each([
    ['env=prod', [{ operator: 'in', key: 'env', values: ['prod'] }]],
    ['env==prod', [{ operator: 'in', key: 'env', values: ['prod'] }]],
    ['env=', [{ operator: 'in', key: 'env', values: [''] }]],
    ['tier!=db', [{ operator: 'not-in', key: 'tier', values: ['db'] }]],
    ['team in (a,b)', [{ operator: 'in', key: 'team', values: ['a', 'b'] }]],
    ['zone notin (x)', [{ operator: 'not-in', key: 'zone', values: ['x'] }]],
    ['example.com/gpu', [{ operator: 'exists', key: 'example.com/gpu' }]],
    ['!spot', [{ operator: 'not-exists', key: 'spot' }]],
    [
      'env=prod, team in (a, b) ,!spot',
      [
        { operator: 'in', key: 'env', values: ['prod'] },
        { operator: 'in', key: 'team', values: ['a', 'b'] },
        { operator: 'not-exists', key: 'spot' },
      ],
    ],
  ])('reads %s', (text, requirements) => {
    expect(parseLabelSelector(text)).toEqual(requirements);
  });

  it.each([
    '=a',
    'a=b=c',
    'a in b',
    'a in (b',
    '!',
    'a,,b',
    '-a',
    'a=-',
    'a b',
    `${'a,'.repeat(16)}a`,
    'ü=1',
  ])('is refused where it is none: %s', (text) => {
    expect(() => parseLabelSelector(text)).toThrow(expect.objectContaining({ code: 'invalid_request' }));
  });
});
