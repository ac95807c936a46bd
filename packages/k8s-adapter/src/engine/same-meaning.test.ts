import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../client/kube-object.ts';
import { saysTheSame } from './same-meaning.ts';

function object(rest: Partial<KubeObject>, metadata: Partial<KubeObject['metadata']> = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'Thing', metadata: { name: 'a', ...metadata }, ...rest };
}

describe('an object that is there', () => {
  it('says the same whatever others wrote into a part that is not rendered', () => {
    const seen = object(
      { spec: { finalizers: ['kubernetes'] }, data: { a: 'b' } },
      { annotations: { a: 'b' } },
    );
    expect(saysTheSame(object({}), seen)).toBe(true);
  });

  it('says the same with more fields than are rendered, and with empty ones dropped', () => {
    const desired = object({ spec: { a: 1, b: false, list: [{ c: '', d: 2 }] } });
    expect(saysTheSame(desired, object({ spec: { a: 1, more: 3, list: [{ d: 2 }] } }))).toBe(true);
  });

  it.each([
    ['a value', object({ spec: { a: 1 } }), object({ spec: { a: 2 } })],
    ['a value that should be empty', object({ spec: { a: false } }), object({ spec: { a: true } })],
    ['a list', object({ spec: { a: [1] } }), object({ spec: { a: [1, 2] } })],
    ['an annotation', object({}, { annotations: { a: 'b' } }), object({})],
    ['a label', object({}, { labels: { a: 'b' } }), object({}, { labels: { a: 'c' } })],
  ])('says something else with another %s', (_, desired, seen) => {
    expect(saysTheSame(desired, seen)).toBe(false);
  });
});
