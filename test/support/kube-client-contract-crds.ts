import { beforeAll, describe, expect, test } from 'vitest';
import { kubeTypes } from '../../packages/k8s-adapter/src/manifest/kube-types.ts';
import {
  type Bench,
  clusterRef,
  errorOf,
  HOLD,
  type NewObject,
  refOf,
  whole,
} from './kube-client-contract-bench.ts';

const { ProviderNetwork, Vlan, Vpc } = kubeTypes;

/** What the API server does with Kube-OVN's kinds, before any controller looks. */
export function describeCrds(open: () => Bench): void {
  describe('schemas', () => describeSchemas(open));
  describe('fields', () => describeFields(open));
}

function describeSchemas(open: () => Bench): void {
  let bench: Bench;

  beforeAll(() => {
    bench = open();
  });

  test('serves the kinds that Netplane uses', async () => {
    const kinds = await bench.client.discover('kubeovn.io/v1');
    for (const type of Object.values(kubeTypes)) {
      const { kind, plural, namespaced, apiVersion } = type;
      if (apiVersion === 'kubeovn.io/v1') expect(kinds).toContainEqual({ kind, plural, namespaced });
    }
  });

  test.each([
    ['a field that is unknown', { provider: 'p', foo: 1 }, 400, 'BadRequest'],
    ['a required field that is missing', { id: 1 }, 422, 'Invalid'],
    ['a text for a number', { provider: 'p', id: 'a' }, 422, 'Invalid'],
    ['a spec that is a text', 'text', 422, 'Invalid'],
  ])('refuses on create %s', async (_what, spec, status, reason) => {
    const object = { ...whole(Vlan, { metadata: { name: bench.name('v') } }), spec };
    const error = await errorOf(bench.client.create(Vlan, JSON.parse(JSON.stringify(object))));
    expect([error.status, error.reason]).toEqual([status, reason]);
  });

  test.each([
    ['a field that is unknown', { provider: 'p', foo: 1 }, 400],
    ['a required field that is missing', { id: 1 }, 422],
    ['a text for a number', { provider: 'p', id: 'a' }, 400],
  ])('refuses on apply %s, and creates nothing', async (_what, spec, status) => {
    const metadata = { name: bench.name('v') };
    const error = await errorOf(bench.client.apply(Vlan, whole(Vlan, { metadata, spec })));
    expect(error.status).toBe(status);
    expect(await bench.client.get(Vlan, clusterRef(metadata.name))).toBeUndefined();
  });

  test('checks lengths and patterns of the schema', async () => {
    const object = whole(ProviderNetwork, {
      metadata: { name: bench.name('p') },
      spec: { defaultInterface: 'an interface' },
    });
    const error = await errorOf(bench.client.create(ProviderNetwork, object));
    expect([error.status, error.reason]).toEqual([422, 'Invalid']);
  });
}

/** A Vlan whose ProviderNetwork does not exist is left alone by the controller. */
function vlan(name: string, more: { id?: number } = {}): NewObject {
  return { metadata: { name }, spec: { provider: 'nobody', ...more } };
}

/** So is a Vpc with this label. */
const unmanaged = { 'ovn.kubernetes.io/vpc_external': 'true' };

function describeFields(open: () => Bench): void {
  let bench: Bench;
  const applyVlan = (object: NewObject) => bench.client.apply(Vlan, whole(Vlan, object));

  beforeAll(() => {
    bench = open();
  });

  test('counts changes of the spec in generation, and nothing else', async () => {
    const name = bench.name('v');
    const created = await bench.create(Vlan, vlan(name));
    expect(created.metadata.generation).toBe(1);
    const labelled = await bench.client.mergePatch(Vlan, refOf(created), {
      metadata: { labels: { a: 'b' } },
    });
    expect(labelled.metadata.generation).toBe(1);
    const changed = await applyVlan(vlan(name, { id: 7 }));
    expect(changed.metadata.generation).toBe(2);
    const same = await applyVlan(vlan(name, { id: 7 }));
    expect(same.metadata).toMatchObject({
      generation: 2,
      resourceVersion: changed.metadata.resourceVersion,
    });
    const less = await applyVlan(vlan(name));
    expect(less.spec).toEqual({ provider: 'nobody' });
    expect(less.metadata.generation).toBe(3);
  });

  test('ignores a status that comes with the object', async () => {
    const object = { ...vlan(bench.name('v')), status: { conflict: true } };
    const created = await bench.create(Vlan, object);
    expect(created.status).toBeUndefined();
    const applied = await applyVlan(object);
    expect(applied.status).toBeUndefined();
    const patched = await bench.client.mergePatch(Vlan, refOf(created), { status: { conflict: true } });
    expect(patched.status).toBeUndefined();
  });

  test('drops nulls', async () => {
    const object = whole(Vlan, {
      metadata: { name: bench.name('v') },
      spec: { provider: 'nobody', id: null },
    });
    const created = await bench.client.create(Vlan, object);
    bench.track(Vlan, refOf(created));
    expect(created.spec).toEqual({ provider: 'nobody' });
  });

  test('replaces a list as a whole', async () => {
    const metadata = { name: bench.name('v'), labels: unmanaged };
    await bench.create(Vpc, { metadata, spec: { namespaces: ['a', 'b'] } });
    const apply = (namespaces: string[]) =>
      bench.client.apply(Vpc, whole(Vpc, { metadata: { name: metadata.name }, spec: { namespaces } }));
    expect((await apply(['b', 'c'])).spec).toEqual({ namespaces: ['b', 'c'] });
    expect((await apply([])).spec).toEqual({ namespaces: [] });
  });

  test('drops a spec that lost its last field, and refuses one that is applied empty then', async () => {
    const metadata = { name: bench.name('v'), labels: unmanaged };
    const spec = { enableBfd: false };
    const applied = await bench.client.apply(Vpc, whole(Vpc, { metadata, spec }));
    bench.track(Vpc, refOf(applied));
    expect((await bench.client.apply(Vpc, whole(Vpc, { metadata }))).spec).toBeUndefined();
    await bench.client.apply(Vpc, whole(Vpc, { metadata, spec }));
    const error = await errorOf(bench.client.apply(Vpc, whole(Vpc, { metadata, spec: {} })));
    expect([error.status, error.reason]).toEqual([422, 'Invalid']);
  });

  test('throws 410 Expired for a watch from before its kind was served', async () => {
    const watch = bench.client.watch(Vpc, { resourceVersion: '1', timeoutSeconds: 20 });
    const error = await errorOf(watch[Symbol.asyncIterator]().next());
    expect([error.status, error.reason]).toEqual([410, 'Expired']);
  });

  test('counts the deletion as a change of generation', async () => {
    const { spec, metadata } = vlan(bench.name('v'));
    const created = await bench.create(Vlan, {
      metadata: { ...metadata, finalizers: [HOLD] },
      spec: spec ?? {},
    });
    await bench.remove(Vlan, refOf(created));
    expect((await bench.client.get(Vlan, refOf(created)))?.metadata.generation).toBe(2);
  });
}
