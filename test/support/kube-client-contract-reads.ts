import { beforeAll, expect, test } from 'vitest';
import type { KubeList, KubeType } from '../../packages/k8s-adapter/src/client/kube-object.ts';
import { kubeTypes } from '../../packages/k8s-adapter/src/manifest/kube-types.ts';
import { type Bench, clusterRef, createNamespace, errorOf, whole } from './kube-client-contract-bench.ts';

const { ConfigMap, Namespace, SelfSubjectReview } = kubeTypes;
const nobody: KubeType = { apiVersion: 'v1', kind: 'Nobody', plural: 'nobodies', namespaced: false };

/** Reads, lists, selectors, discovery. */
export function describeReads(open: () => Bench): void {
  let bench: Bench;
  let namespace: string;

  beforeAll(async () => {
    bench = open();
    namespace = await createNamespace(bench);
    const tiers = ['web', 'web', 'db', 'db', undefined];
    for (const [index, tier] of tiers.entries()) {
      const labels = { run: namespace, ...(tier === undefined ? {} : { tier }) };
      await bench.create(ConfigMap, { metadata: { name: `c${index}`, namespace, labels } });
    }
  });

  test('reads an object as it was created', async () => {
    const object = await bench.client.get(ConfigMap, { namespace, name: 'c0' });
    expect(object).toMatchObject({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'c0', namespace, labels: { tier: 'web' } },
    });
    expect(object?.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
    expect(object?.metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  });

  test('answers undefined for an object that is not there, also in a namespace that is not', async () => {
    expect(await bench.client.get(ConfigMap, { namespace, name: 'none' })).toBeUndefined();
    expect(await bench.client.get(ConfigMap, { namespace: bench.name('no'), name: 'none' })).toBeUndefined();
    expect(await bench.client.get(Namespace, clusterRef(bench.name('no')))).toBeUndefined();
  });

  test('throws for a kind that is not served, rather than saying that the object is gone', async () => {
    const error = await errorOf(bench.client.get(nobody, clusterRef('a')));
    expect([error.status, error.reason]).toEqual([404, 'NotFound']);
    expect((await errorOf(bench.client.delete(nobody, clusterRef('a'), 'uid'))).status).toBe(404);
    expect((await errorOf(bench.client.list(nobody))).status).toBe(404);
  });

  test('lists a namespace over several pages, each item with its kind', async () => {
    const { items, resourceVersion } = await bench.client.list(ConfigMap, {
      namespace,
      pageSize: 2,
      labelSelector: `run=${namespace}`,
    });
    expect(items.map(({ metadata }) => metadata.name)).toEqual(['c0', 'c1', 'c2', 'c3', 'c4']);
    expect(items.every(({ apiVersion, kind }) => apiVersion === 'v1' && kind === 'ConfigMap')).toBe(true);
    expect(Number(resourceVersion)).toBeGreaterThan(0);
  });

  test('hands out a namespace page by page, of one snapshot', async () => {
    const pages = await pagesOf(bench, namespace);
    expect(pages.flatMap(({ items }) => items).map(({ kind }) => kind)).toEqual(Array(5).fill('ConfigMap'));
    expect(new Set(pages.map(({ resourceVersion }) => resourceVersion)).size).toBe(1);
  });

  test('lists all namespaces when none is named', async () => {
    const { items } = await bench.client.list(ConfigMap, { labelSelector: `run=${namespace}` });
    expect(items).toHaveLength(5);
  });

  test.each([
    ['tier=web', ['c0', 'c1']],
    ['tier==web', ['c0', 'c1']],
    ['tier!=web', ['c2', 'c3', 'c4']],
    ['tier in (web,db)', ['c0', 'c1', 'c2', 'c3']],
    ['tier notin (web)', ['c2', 'c3', 'c4']],
    ['tier', ['c0', 'c1', 'c2', 'c3']],
    ['!tier', ['c4']],
    ['tier=web,tier!=web', []],
  ])('selects by label: %s', async (selector, names) => {
    const labelSelector = `run=${namespace},${selector}`;
    const { items } = await bench.client.list(ConfigMap, { namespace, labelSelector });
    expect(items.map(({ metadata }) => metadata.name)).toEqual(names);
  });

  test('refuses a selector that is none', async () => {
    const error = await errorOf(bench.client.list(ConfigMap, { namespace, labelSelector: 'a b' }));
    expect([error.status, error.reason]).toEqual([400, 'BadRequest']);
  });

  test('discovers the kinds of a group version, and none where it is not served', async () => {
    const kinds = await bench.client.discover('v1');
    expect(kinds).toContainEqual({ kind: 'ConfigMap', plural: 'configmaps', namespaced: true });
    expect(kinds).toContainEqual({ kind: 'Namespace', plural: 'namespaces', namespaced: false });
    expect(kinds.every(({ plural }) => !plural.includes('/'))).toBe(true);
    expect(await bench.client.discover('nobody.example/v1')).toEqual([]);
  });

  test('says who the caller is', async () => {
    const review = await bench.client.create(
      SelfSubjectReview,
      whole(SelfSubjectReview, { metadata: { name: '' } }),
    );
    expect(review.status).toMatchObject({ userInfo: { username: expect.stringMatching(/./) } });
  });

  test('knows the cluster by the uid of kube-system', async () => {
    const first = await bench.client.get(Namespace, clusterRef('kube-system'));
    const second = await bench.client.get(Namespace, clusterRef('kube-system'));
    expect(first?.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
    expect(second?.metadata.uid).toBe(first?.metadata.uid);
  });

  test('ends a call that is aborted', async () => {
    const abort = new AbortController();
    abort.abort();
    const error = await errorOf(bench.client.list(ConfigMap, { namespace, signal: abort.signal }));
    expect([error.status, error.reason]).toEqual([0, 'Aborted']);
  });
}

async function pagesOf({ client }: Bench, namespace: string): Promise<readonly KubeList[]> {
  const pages: KubeList[] = [];
  const options = { namespace, pageSize: 2, labelSelector: `run=${namespace}` };
  for await (const page of client.pages(ConfigMap, options)) pages.push(page);
  return pages;
}
