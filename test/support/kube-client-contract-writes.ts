import { beforeAll, describe, expect, test } from 'vitest';
import { kubeTypes } from '../../packages/k8s-adapter/src/manifest/kube-types.ts';
import {
  type Bench,
  clusterRef,
  createNamespace,
  errorOf,
  HOLD,
  type NewObject,
  refOf,
  whole,
} from './kube-client-contract-bench.ts';

const { ConfigMap, Namespace } = kubeTypes;

/** Create, merge patch, delete, finalizers, namespaces. */
export function describeWrites(open: () => Bench): void {
  describe('create', () => describeCreate(open));
  describe('merge patch', () => describeMergePatch(open));
  describe('delete', () => describeDelete(open));
}

function configMapIn(namespace: string, name: string): NewObject {
  return { metadata: { name, namespace }, data: { a: '1' } };
}

function describeCreate(open: () => Bench): void {
  let bench: Bench;
  let namespace: string;
  const configMap = (name: string) => configMapIn(namespace, name);

  beforeAll(async () => {
    bench = open();
    namespace = await createNamespace(bench);
  });

  test('refuses a second object of a name with 409 AlreadyExists', async () => {
    await bench.create(ConfigMap, configMap('twice'));
    const error = await errorOf(bench.client.create(ConfigMap, whole(ConfigMap, configMap('twice'))));
    expect([error.status, error.reason]).toEqual([409, 'AlreadyExists']);
  });

  test('refuses an object for a namespace that does not exist with 404', async () => {
    const object = whole(ConfigMap, { metadata: { name: 'a', namespace: bench.name('no') } });
    const error = await errorOf(bench.client.create(ConfigMap, object));
    expect([error.status, error.reason]).toEqual([404, 'NotFound']);
  });

  test.each([
    ['a name with capitals', { name: 'Upper' }],
    ['a name with underscores', { name: 'a_b' }],
    ['a label key with a blank', { name: 'bad1', labels: { 'a b': 'c' } }],
    ['a label value with a blank', { name: 'bad2', labels: { a: 'b c' } }],
    ['a label value of 64 characters', { name: 'bad3', labels: { a: 'x'.repeat(64) } }],
    ['an annotation key with a blank', { name: 'bad4', annotations: { 'a b': 'c' } }],
    ['a finalizer without a sense', { name: 'bad5', finalizers: ['a b'] }],
  ])('refuses %s with 422', async (_what, metadata) => {
    const object = whole(ConfigMap, { metadata: { ...metadata, namespace } });
    const error = await errorOf(bench.client.create(ConfigMap, object));
    expect([error.status, error.reason]).toEqual([422, 'Invalid']);
  });

  test('refuses a namespace name with a dot with 422', async () => {
    const object = whole(Namespace, { metadata: { name: 'a.b' } });
    expect((await errorOf(bench.client.create(Namespace, object))).status).toBe(422);
  });

  test('refuses an unknown field with 400', async () => {
    const object = whole(ConfigMap, { metadata: { name: 'unknown', namespace }, spec: { a: 1 } });
    const error = await errorOf(bench.client.create(ConfigMap, object));
    expect([error.status, error.reason]).toEqual([400, 'BadRequest']);
    expect(error.message).toContain('unknown field "spec"');
  });
}

function describeMergePatch(open: () => Bench): void {
  let bench: Bench;
  let namespace: string;
  const configMap = (name: string) => configMapIn(namespace, name);

  beforeAll(async () => {
    bench = open();
    namespace = await createNamespace(bench);
  });

  test('patches single fields and removes with null', async () => {
    const object = await bench.create(ConfigMap, configMap('patched'));
    const patched = await bench.client.mergePatch(ConfigMap, refOf(object), {
      metadata: { annotations: { touched: 'yes' } },
      data: { a: null, b: '2' },
    });
    expect(patched.data).toEqual({ b: '2' });
    expect(patched.metadata.annotations).toEqual({ touched: 'yes' });
    expect(Number(patched.metadata.resourceVersion)).toBeGreaterThan(Number(object.metadata.resourceVersion));
  });

  test('leaves the resourceVersion alone when a patch changes nothing', async () => {
    const object = await bench.create(ConfigMap, configMap('unchanged'));
    const patched = await bench.client.mergePatch(ConfigMap, refOf(object), { data: { a: '1' } });
    expect(patched.metadata.resourceVersion).toBe(object.metadata.resourceVersion);
  });

  test('refuses a patch against a resourceVersion that has passed with 409', async () => {
    const object = await bench.create(ConfigMap, configMap('stale'));
    await bench.client.mergePatch(ConfigMap, refOf(object), { data: { b: '2' } });
    const { resourceVersion = '' } = object.metadata;
    const patch = { metadata: { resourceVersion }, data: { c: '3' } };
    const error = await errorOf(bench.client.mergePatch(ConfigMap, refOf(object), patch));
    expect([error.status, error.reason]).toEqual([409, 'Conflict']);
  });

  test('refuses a patch of an object that is not there with 404', async () => {
    const error = await errorOf(
      bench.client.mergePatch(ConfigMap, { namespace, name: 'none' }, { data: { a: '1' } }),
    );
    expect([error.status, error.reason]).toEqual([404, 'NotFound']);
  });
}

function describeDelete(open: () => Bench): void {
  let bench: Bench;
  let namespace: string;
  const configMap = (name: string) => configMapIn(namespace, name);

  beforeAll(async () => {
    bench = open();
    namespace = await createNamespace(bench);
  });

  test('deletes by uid: another uid is 409, gone is false', async () => {
    const object = await bench.create(ConfigMap, configMap('deleted'));
    const ref = refOf(object);
    const { uid = '' } = object.metadata;
    const error = await errorOf(bench.client.delete(ConfigMap, ref, '00000000-0000-4000-8000-000000000000'));
    expect([error.status, error.reason]).toEqual([409, 'Conflict']);
    expect(await bench.client.delete(ConfigMap, ref, uid)).toBe(true);
    expect(await bench.client.get(ConfigMap, ref)).toBeUndefined();
    expect(await bench.client.delete(ConfigMap, ref, uid)).toBe(false);
  });

  test('gives an object of the same name another uid', async () => {
    const first = await bench.create(ConfigMap, configMap('again'));
    await bench.remove(ConfigMap, refOf(first));
    const second = await bench.create(ConfigMap, configMap('again'));
    expect(second.metadata.uid).not.toBe(first.metadata.uid);
  });

  test('keeps a deleted object with a finalizer until that is taken off', async () => {
    const { metadata } = configMap('held');
    const object = await bench.create(ConfigMap, { metadata: { ...metadata, finalizers: [HOLD] } });
    const ref = refOf(object);
    const { uid = '' } = object.metadata;
    expect(await bench.client.delete(ConfigMap, ref, uid)).toBe(true);
    expect((await bench.client.get(ConfigMap, ref))?.metadata.deletionTimestamp).toBeDefined();
    expect(await bench.client.delete(ConfigMap, ref, uid)).toBe(true);
    const taken = await errorOf(bench.client.create(ConfigMap, whole(ConfigMap, configMap('held'))));
    expect([taken.status, taken.reason]).toEqual([409, 'AlreadyExists']);
    const more = { metadata: { finalizers: [HOLD, 'netplane.test/more'] } };
    expect((await errorOf(bench.client.mergePatch(ConfigMap, ref, more))).status).toBe(422);
    await bench.client.mergePatch(ConfigMap, ref, { metadata: { finalizers: null } });
    expect(await bench.client.get(ConfigMap, ref)).toBeUndefined();
  });

  test('takes a namespace down with what is in it, and lets nothing new in meanwhile', async () => {
    const going = await createNamespace(bench);
    const metadata = { name: 'held', namespace: going, finalizers: [HOLD] };
    await bench.create(ConfigMap, { metadata });
    await bench.create(ConfigMap, { metadata: { name: 'free', namespace: going } });
    await bench.remove(Namespace, clusterRef(going));
    const terminating = await bench.client.get(Namespace, clusterRef(going));
    expect(terminating).toMatchObject({ status: { phase: 'Terminating' } });
    const late = whole(ConfigMap, { metadata: { name: 'late', namespace: going } });
    const error = await errorOf(bench.client.create(ConfigMap, late));
    expect([error.status, error.reason]).toEqual([403, 'Forbidden']);
    await bench.untilGone(ConfigMap, { namespace: going, name: 'free' });
    const held = { namespace: going, name: 'held' };
    await bench.until(ConfigMap, held, (object) => object.metadata.deletionTimestamp !== undefined);
    await bench.client.mergePatch(ConfigMap, held, { metadata: { finalizers: null } });
    await bench.untilGone(Namespace, clusterRef(going));
  });
}
