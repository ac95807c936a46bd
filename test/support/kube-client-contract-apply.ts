import { beforeAll, describe, expect, test } from 'vitest';
import type { KubeObject } from '../../packages/k8s-adapter/src/client/kube-object.ts';
import { kubeTypes } from '../../packages/k8s-adapter/src/manifest/kube-types.ts';
import {
  type Bench,
  createNamespace,
  errorOf,
  HOLD,
  type NewObject,
  refOf,
  whole,
} from './kube-client-contract-bench.ts';

const { ConfigMap } = kubeTypes;

/** Server-side apply by one manager, beside fields of others. */
export function describeApply(open: () => Bench): void {
  describe('of fields', () => describeFields(open));
  describe('of objects', () => describeObjects(open));
}

async function applyConfigMap(bench: Bench, object: NewObject): Promise<KubeObject> {
  const applied = await bench.client.apply(ConfigMap, whole(ConfigMap, object));
  bench.track(ConfigMap, refOf(applied));
  return applied;
}

function describeFields(open: () => Bench): void {
  let bench: Bench;
  let namespace: string;
  const apply = (object: NewObject) => applyConfigMap(bench, object);

  beforeAll(async () => {
    bench = open();
    namespace = await createNamespace(bench);
  });

  test('creates what is not there', async () => {
    const applied = await apply({ metadata: { name: 'new', namespace }, data: { a: '1' } });
    expect(applied.data).toEqual({ a: '1' });
    expect(applied.metadata.uid).toBeDefined();
  });

  test('changes nothing the second time', async () => {
    const object = { metadata: { name: 'same', namespace, labels: { l: '1' } }, data: { a: '1' } };
    const first = await apply(object);
    const second = await apply(object);
    expect(second).toEqual(first);
    expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
  });

  test('removes what it applied before and omits now', async () => {
    const metadata = { name: 'omits', namespace };
    await apply({ metadata: { ...metadata, labels: { keep: '1', drop: '1' } }, data: { a: '1', b: '2' } });
    const applied = await apply({ metadata: { ...metadata, labels: { keep: '1' } }, data: { a: '1' } });
    expect(applied.data).toEqual({ a: '1' });
    expect(applied.metadata.labels).toEqual({ keep: '1' });
    const bare = await apply({ metadata });
    expect(bare.data).toBeUndefined();
    expect(bare.metadata.labels).toBeUndefined();
  });

  test('leaves what the create wrote, since that belongs to no apply', async () => {
    const metadata = { name: 'posted', namespace };
    await bench.create(ConfigMap, {
      metadata: { ...metadata, labels: { l: '1' } },
      data: { a: '1', b: '2' },
    });
    const applied = await apply({ metadata, data: { a: '1' } });
    expect(applied.data).toEqual({ a: '1', b: '2' });
    expect(applied.metadata.labels).toEqual({ l: '1' });
  });

  test('leaves what others wrote, and takes over what it applies itself', async () => {
    const metadata = { name: 'shared', namespace };
    const object = await apply({ metadata, data: { ours: '1' } });
    await bench.client.mergePatch(ConfigMap, refOf(object), { data: { ours: 'changed', theirs: '1' } });
    const applied = await apply({ metadata, data: { ours: '1' } });
    expect(applied.data).toEqual({ ours: '1', theirs: '1' });
    const without = await apply({ metadata, data: {} });
    expect(without.data).toEqual({ theirs: '1' });
  });

  test('keeps a field that another manager owns as well', async () => {
    const metadata = { name: 'both', namespace };
    await bench.create(ConfigMap, { metadata, data: { a: '1' } });
    await apply({ metadata, data: { a: '1', b: '1' } });
    const applied = await apply({ metadata, data: { b: '1' } });
    expect(applied.data).toEqual({ a: '1', b: '1' });
  });

  test('counts finalizers one by one', async () => {
    const metadata = { name: 'finalizers', namespace };
    const object = await apply({ metadata: { ...metadata, finalizers: [HOLD] } });
    const both = { metadata: { finalizers: [HOLD, 'netplane.test/other'] } };
    await bench.client.mergePatch(ConfigMap, refOf(object), both);
    const applied = await apply({ metadata });
    expect(applied.metadata.finalizers).toEqual(['netplane.test/other']);
    await bench.client.mergePatch(ConfigMap, refOf(object), { metadata: { finalizers: null } });
  });
}

function describeObjects(open: () => Bench): void {
  let bench: Bench;
  let namespace: string;
  const apply = (object: NewObject) => applyConfigMap(bench, object);

  beforeAll(async () => {
    bench = open();
    namespace = await createNamespace(bench);
  });

  test('with the uid applies to that object only: another one and none are 409', async () => {
    const metadata = { name: 'identified', namespace };
    const object = await apply({ metadata, data: { a: '1' } });
    const { uid = '' } = object.metadata;
    const applied = await apply({ metadata: { ...metadata, uid }, data: { a: '2' } });
    expect(applied.data).toEqual({ a: '2' });
    const other = { ...metadata, uid: '00000000-0000-4000-8000-000000000000' };
    const wrong = await errorOf(bench.client.apply(ConfigMap, whole(ConfigMap, { metadata: other })));
    expect([wrong.status, wrong.reason]).toEqual([409, 'Conflict']);
    await bench.remove(ConfigMap, refOf(object));
    const gone = await errorOf(
      bench.client.apply(ConfigMap, whole(ConfigMap, { metadata: { ...metadata, uid } })),
    );
    expect([gone.status, gone.reason]).toEqual([409, 'Conflict']);
    expect(await bench.client.get(ConfigMap, refOf(object))).toBeUndefined();
  });

  test('refuses an unknown field and a wrong type with 400', async () => {
    const metadata = { name: 'refused', namespace };
    const unknown = await errorOf(
      bench.client.apply(ConfigMap, whole(ConfigMap, { metadata, spec: { a: 1 } })),
    );
    expect([unknown.status, unknown.reason]).toEqual([400, 'BadRequest']);
    const data: Record<string, unknown> = { a: 1 };
    const typed = JSON.parse(JSON.stringify({ ...whole(ConfigMap, { metadata }), data }));
    const wrong = await errorOf(bench.client.apply(ConfigMap, typed));
    expect([wrong.status, wrong.reason]).toEqual([400, 'BadRequest']);
    expect(await bench.client.get(ConfigMap, { namespace, name: 'refused' })).toBeUndefined();
  });

  test('refuses a bad label with 422', async () => {
    const metadata = { name: 'badlabel', namespace, labels: { a: 'b c' } };
    const error = await errorOf(bench.client.apply(ConfigMap, whole(ConfigMap, { metadata })));
    expect([error.status, error.reason]).toEqual([422, 'Invalid']);
  });

  test('applies to an object that is being deleted without bringing it back', async () => {
    const metadata = { name: 'going', namespace };
    const object = await apply({ metadata: { ...metadata, finalizers: [HOLD] } });
    await bench.remove(ConfigMap, refOf(object));
    const applied = await apply({ metadata: { ...metadata, finalizers: [HOLD] }, data: { a: '1' } });
    expect(applied.data).toEqual({ a: '1' });
    expect(applied.metadata.deletionTimestamp).toBeDefined();
    const last = await apply({ metadata, data: { a: '1' } });
    expect(last.metadata.finalizers).toBeUndefined();
    expect(await bench.client.get(ConfigMap, refOf(object))).toBeUndefined();
  });

  test('does not create in a namespace that is not there', async () => {
    const metadata = { name: 'a', namespace: bench.name('no') };
    const error = await errorOf(bench.client.apply(ConfigMap, whole(ConfigMap, { metadata })));
    expect([error.status, error.reason]).toEqual([404, 'NotFound']);
  });
}
