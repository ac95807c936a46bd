import { beforeAll, expect, test } from 'vitest';
import { kubeTypes } from '../../packages/k8s-adapter/src/manifest/kube-types.ts';
import { type Bench, clusterRef, whole } from './kube-client-contract-bench.ts';
import {
  createEip,
  createProject,
  createSnat,
  type ExternalNetwork,
  eipSpec,
  expectFinalizer,
  KUBE_OVN_FINALIZER,
  type KubeOvnBench,
  removeAndWait,
} from './kube-client-contract-kube-ovn-setup.ts';

const { OvnEip, OvnSnatRule } = kubeTypes;

/** Which address an EIP gets. */
export function describeEipAddresses(open: () => KubeOvnBench): void {
  let bench: Bench;
  let external: ExternalNetwork;

  beforeAll(() => {
    ({ bench, external } = open());
  });

  test('get the address they name, excluded from others or not', async () => {
    const name = await createEip(bench, external, 30);
    const eip = await bench.client.get(OvnEip, clusterRef(name));
    expect(eip?.status).toMatchObject({ v4Ip: external.address(30), ready: true, type: 'nat' });
    expect(eip?.status?.macAddress).toMatch(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
    expect(eip?.spec).toMatchObject({
      v4Ip: external.address(30),
      v6Ip: '',
      macAddress: eip?.status?.macAddress,
    });
    expect(eip?.metadata.labels).toMatchObject({
      'ovn.kubernetes.io/subnet': external.name,
      'ovn.kubernetes.io/eip_v4_ip': external.address(30),
      'ovn.kubernetes.io/ovn_eip_type': 'nat',
    });
  });

  test('get one that is not excluded when they name none', async () => {
    const name = bench.name('e');
    await bench.create(OvnEip, { metadata: { name }, spec: { externalSubnet: external.name } });
    const eip = await bench.until(OvnEip, clusterRef(name), ({ status }) => status?.ready === true);
    const free = [2, 3, 4, 5, 6, 7, 8, 9].map((last) => external.address(last));
    expect(free).toContain(eip.status?.v4Ip);
    const held = await bench.until(
      OvnEip,
      clusterRef(name),
      ({ metadata }) => metadata.finalizers !== undefined,
    );
    expectFinalizer(held);
  });

  test('keep their labels when they are applied again', async () => {
    const name = bench.name('e');
    const labels = { 'netplane.test/owner': 'us' };
    const object = { metadata: { name, labels }, spec: eipSpec(external, 31) };
    await bench.create(OvnEip, object);
    await bench.until(OvnEip, clusterRef(name), ({ status }) => status?.ready === true);
    const first = await bench.client.apply(OvnEip, whole(OvnEip, { metadata: { name }, spec: object.spec }));
    expect(first.metadata.labels).toMatchObject({ ...labels, 'ovn.kubernetes.io/subnet': external.name });
    const second = await bench.client.apply(OvnEip, whole(OvnEip, { metadata: { name }, spec: object.spec }));
    expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
  });
}

/** EIPs that wait, and EIPs that go. */
export function describeEipLives(open: () => KubeOvnBench): void {
  let bench: Bench;
  let external: ExternalNetwork;

  beforeAll(() => {
    ({ bench, external } = open());
  });

  test('never become ready with an address outside, a network address, or one that is held', async () => {
    const holder = await createEip(bench, external, 32);
    const refused = ['203.0.113.1', external.address(0), external.address(255), external.address(32)];
    const names = [];
    for (const v4Ip of refused) {
      const spec = { externalSubnet: external.name, v4Ip, type: 'nat' };
      names.push((await bench.create(OvnEip, { metadata: { name: bench.name('e') }, spec })).metadata.name);
    }
    await createEip(bench, external, 33); // one that is made later is ready: the queue has passed the others
    for (const name of names) {
      expect((await bench.client.get(OvnEip, clusterRef(name)))?.status?.ready).not.toBe(true);
    }
    // The last one waits for its address and takes it as soon as it is free.
    await removeAndWait(bench, OvnEip, holder);
    await bench.until(OvnEip, clusterRef(names.at(-1) ?? ''), ({ status }) => status?.ready === true);
  });

  test('that name their address go at once, in use or not', async () => {
    const project = await createProject(bench, external);
    const eip = await createEip(bench, external, 34);
    const rule = await createSnat(bench, project, eip);
    expect((await bench.client.get(OvnEip, clusterRef(eip)))?.metadata.finalizers).toBeUndefined();
    await bench.remove(OvnEip, clusterRef(eip));
    expect(await bench.client.get(OvnEip, clusterRef(eip))).toBeUndefined();
    await removeAndWait(bench, OvnSnatRule, rule);
  });

  test('that were created with the finalizer stay while a rule uses them', async () => {
    const project = await createProject(bench, external);
    const name = bench.name('e');
    const metadata = { name, finalizers: [KUBE_OVN_FINALIZER] };
    await bench.create(OvnEip, { metadata, spec: eipSpec(external, 35) });
    await bench.until(OvnEip, clusterRef(name), ({ status }) => status?.ready === true);
    const rule = await createSnat(bench, project, name);
    await bench.until(OvnEip, clusterRef(name), ({ status }) => status?.nat === 'snat');
    await bench.remove(OvnEip, clusterRef(name));
    await createEip(bench, external, 36); // the queue has passed the deletion
    expect((await bench.client.get(OvnEip, clusterRef(name)))?.metadata.deletionTimestamp).toBeDefined();
    await removeAndWait(bench, OvnSnatRule, rule);
    await bench.untilGone(OvnEip, clusterRef(name));
    await createEip(bench, external, 35); // gone means released
  });
}
