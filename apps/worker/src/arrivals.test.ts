import type { KubeObject } from '@netplane/k8s-adapter';
import { expect, it } from 'vitest';
import { createArrivals } from './arrivals.ts';
import { createKnownVersions } from './known-versions.ts';

const key = { kind: 'eip', id: '0198a000-0000-7000-8000-000000000001' } as const;
const other = { ...key, id: '0198a000-0000-7000-8000-000000000002' } as const;
const LONG_MS = 60_000;
const never = new AbortController().signal;

function eipAt(resourceVersion: string, uid = 'uid-1'): KubeObject {
  return { apiVersion: 'kubeovn.io/v1', kind: 'OvnEip', metadata: { name: 'eip-1', uid, resourceVersion } };
}

it('keeps what arrives for a resource that is worked on, and nothing else', () => {
  const arrivals = createArrivals();
  expect(arrivals.offer(key, eipAt('1'))).toBe(false);
  const arrival = arrivals.open(key);
  expect(arrivals.offer(key, eipAt('2'))).toBe(true);
  expect(arrivals.offer(other, eipAt('3'))).toBe(false);
  arrival.close(createKnownVersions());
  expect(arrivals.offer(key, eipAt('4'))).toBe(false);
});

it('hands over what has arrived before and what arrives while somebody waits', async () => {
  const arrivals = createArrivals();
  const arrival = arrivals.open(key);
  arrivals.offer(key, eipAt('1'));
  expect(await arrival.next(LONG_MS, never)).toEqual(eipAt('1'));
  const next = arrival.next(LONG_MS, never);
  arrivals.offer(key, eipAt('2'));
  expect(await next).toEqual(eipAt('2'));
});

it('hands over the latest version of an object only', async () => {
  const arrivals = createArrivals();
  const arrival = arrivals.open(key);
  arrivals.offer(key, eipAt('1'));
  arrivals.offer(key, eipAt('2'));
  expect(await arrival.next(LONG_MS, never)).toEqual(eipAt('2'));
  expect(await arrival.next(0, never)).toBeUndefined();
});

it('ends the wait when the claim is lost', async () => {
  const arrival = createArrivals().open(key);
  const lost = new AbortController();
  const next = arrival.next(LONG_MS, lost.signal);
  lost.abort();
  expect(await next).toBeUndefined();
});

it('ends the wait for what only another pass can look at, and says so at the end', async () => {
  const arrivals = createArrivals();
  const arrival = arrivals.open(key);
  const next = arrival.next(LONG_MS, never);
  arrivals.offer(key, undefined);
  expect(await next).toBeUndefined();
  expect(arrival.close(createKnownVersions())).toBe(true);
});

it('asks for another pass where the latest version was taken into account by none', () => {
  const arrivals = createArrivals();
  const known = createKnownVersions();
  const [first, second] = [arrivals.open(key), arrivals.open(other)];
  for (const each of [key, other]) {
    arrivals.offer(each, eipAt('1', `uid of ${each.id}`));
    arrivals.offer(each, eipAt('2', `uid of ${each.id}`));
  }
  known.remember([eipAt('2', `uid of ${key.id}`), eipAt('1', `uid of ${other.id}`)]);
  expect(first.close(known)).toBe(false);
  expect(second.close(known)).toBe(true);
});

it('knows which kinds are watched', () => {
  const arrivals = createArrivals();
  const unwatch = arrivals.watch('OvnEip');
  expect(arrivals.isWatched('OvnEip')).toBe(true);
  expect(arrivals.isWatched('Vpc')).toBe(false);
  unwatch();
  expect(arrivals.isWatched('OvnEip')).toBe(false);
});
