import { beforeAll, describe, expect, test } from 'vitest';
import type { KubeWatchEvent } from '../../packages/k8s-adapter/src/client/kube-object.ts';
import { kubeTypes } from '../../packages/k8s-adapter/src/manifest/kube-types.ts';
import { type Bench, createNamespace, errorOf, refOf } from './kube-client-contract-bench.ts';

const { ConfigMap } = kubeTypes;

/** What a watch delivers, and how it ends. */
export function describeWatch(open: () => Bench): void {
  describe('events', () => describeEvents(open));
  describe('ends', () => describeEnds(open));
}

async function createIn(bench: Bench, namespace: string, name: string) {
  return bench.create(ConfigMap, { metadata: { name, namespace }, data: { a: '1' } });
}

/** Events in one line each, until one is the last. */
async function eventsUntil(events: AsyncIterable<KubeWatchEvent>, last: string): Promise<string[]> {
  const seen: string[] = [];
  for await (const event of events) {
    if (event.type === 'BOOKMARK') continue;
    seen.push(`${event.type} ${event.object.metadata.name}`);
    if (seen.at(-1) === last) break;
  }
  return seen;
}

function describeEvents(open: () => Bench): void {
  let bench: Bench;
  let namespace: string;
  const create = (name: string) => createIn(bench, namespace, name);

  beforeAll(async () => {
    bench = open();
    namespace = await createNamespace(bench);
  });

  test('continues from a list: later events, in order, each with its object', async () => {
    await create('before');
    const { resourceVersion } = await bench.client.list(ConfigMap, { namespace });
    const object = await create('one');
    await bench.client.mergePatch(ConfigMap, refOf(object), { data: { a: '2' } });
    await create('two');
    await bench.remove(ConfigMap, refOf(object));
    const watch = bench.client.watch(ConfigMap, { namespace, resourceVersion, timeoutSeconds: 20 });
    expect(await eventsUntil(watch, 'DELETED one')).toEqual([
      'ADDED one',
      'MODIFIED one',
      'ADDED two',
      'DELETED one',
    ]);
  });

  test('delivers what happens while it is open', async () => {
    const { resourceVersion } = await bench.client.list(ConfigMap, { namespace });
    const watch = bench.client.watch(ConfigMap, { namespace, resourceVersion, timeoutSeconds: 20 });
    const seen = eventsUntil(watch, 'ADDED live');
    await create('live');
    expect(await seen).toContain('ADDED live');
  });

  test('sees objects come into and go out of its selector', async () => {
    const { resourceVersion } = await bench.client.list(ConfigMap, { namespace });
    const object = await create('moving');
    await bench.client.mergePatch(ConfigMap, refOf(object), { metadata: { labels: { in: 'yes' } } });
    await bench.client.mergePatch(ConfigMap, refOf(object), { metadata: { labels: { in: null } } });
    const options = { namespace, resourceVersion, labelSelector: 'in=yes', timeoutSeconds: 20 };
    const seen = await eventsUntil(bench.client.watch(ConfigMap, options), 'DELETED moving');
    expect(seen).toEqual(['ADDED moving', 'DELETED moving']);
  });

  test('keeps to its namespace', async () => {
    const other = await createNamespace(bench);
    const { resourceVersion } = await bench.client.list(ConfigMap);
    await bench.create(ConfigMap, { metadata: { name: 'elsewhere', namespace: other } });
    await create('here');
    const watch = bench.client.watch(ConfigMap, { namespace, resourceVersion, timeoutSeconds: 20 });
    expect(await eventsUntil(watch, 'ADDED here')).toEqual(['ADDED here']);
  });
}

function describeEnds(open: () => Bench): void {
  let bench: Bench;
  let namespace: string;
  const create = (name: string) => createIn(bench, namespace, name);

  beforeAll(async () => {
    bench = open();
    namespace = await createNamespace(bench);
  });

  test('ends by itself after its time', async () => {
    const { resourceVersion } = await bench.client.list(ConfigMap, { namespace });
    const events: KubeWatchEvent[] = [];
    for await (const event of bench.client.watch(ConfigMap, {
      namespace,
      resourceVersion,
      timeoutSeconds: 1,
    })) {
      events.push(event);
    }
    expect(events.filter(({ type }) => type !== 'BOOKMARK')).toEqual([]);
  });

  test('ends with Aborted when its signal is aborted', async () => {
    const { resourceVersion } = await bench.client.list(ConfigMap, { namespace });
    const abort = new AbortController();
    const watch = bench.client.watch(ConfigMap, {
      namespace,
      resourceVersion,
      timeoutSeconds: 60,
      signal: abort.signal,
    });
    const ended = errorOf(
      (async () => {
        for await (const event of watch) if (event.type === 'ADDED') abort.abort();
      })(),
    );
    await create('abort');
    expect((await ended).reason).toBe('Aborted');
  });

  test('can be left while nothing happens', async () => {
    const { resourceVersion } = await bench.client.list(ConfigMap, { namespace });
    const watch = bench.client.watch(ConfigMap, { namespace, resourceVersion, timeoutSeconds: 60 });
    const iterator = watch[Symbol.asyncIterator]();
    const next = iterator.next();
    await iterator.return?.();
    expect((await next).done).toBe(true);
  });
}
