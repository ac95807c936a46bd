import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { KubeClient } from '../../../packages/k8s-adapter/src/client/kube-client.ts';
import type { KubeObject, KubeType } from '../../../packages/k8s-adapter/src/client/kube-object.ts';
import { kubeTypes } from '../../../packages/k8s-adapter/src/manifest/kube-types.ts';
import {
  createSteppedScheduler,
  type SteppedScheduler,
} from '../../../packages/k8s-adapter/src/simulator/controllers/scheduler.ts';
import { createInProcessClient } from '../../../packages/k8s-adapter/src/simulator/in-process-client.ts';
import { createSimulator, type Simulator } from '../../../packages/k8s-adapter/src/simulator/simulator.ts';
import { clusterRef } from '../../support/kube-client-contract-bench.ts';

/** What cannot be asked of a real cluster that others use: time by hand, nodes without a chassis, restarts. */

const { Namespace, Node, OvnEip, OvnSnatRule, ProviderNetwork, Subnet, Vlan, Vpc } = kubeTypes;

let scheduler: SteppedScheduler;
let simulator: Simulator;
let client: KubeClient;

beforeEach(async () => {
  scheduler = createSteppedScheduler();
  simulator = createSimulator({ scheduler, controllerDelayMs: 10, retryMinMs: 100, retryMaxMs: 1_000 });
  client = createInProcessClient(simulator);
  scheduler.advance(1_000);
  await create(ProviderNetwork, 'p', { defaultInterface: 'eth1' });
  await create(Vlan, 'l', { id: 7, provider: 'p' });
  await create(Subnet, 'ext', {
    vlan: 'l',
    cidrBlock: '192.0.2.0/24',
    excludeIps: ['192.0.2.10..192.0.2.254'],
  });
  scheduler.advance(1_000);
});

afterEach(() => simulator.close());

async function create(
  type: KubeType,
  name: string,
  spec: KubeObject['spec'] = {},
  metadata: Partial<KubeObject['metadata']> = {},
): Promise<KubeObject> {
  const { apiVersion, kind } = type;
  return client.create(type, { apiVersion, kind, metadata: { name, ...metadata }, spec });
}

const get = (type: KubeType, name: string) => client.get(type, clusterRef(name));

async function remove(type: KubeType, name: string): Promise<void> {
  const object = await get(type, name);
  await client.delete(type, clusterRef(name), object?.metadata.uid ?? '');
}

const external = { enableExternal: true, extraExternalSubnets: ['ext'] };

describe('a Vpc', () => {
  const setGateway = (labels: object, annotations: object = {}) =>
    client.mergePatch(Node, clusterRef('n1'), { metadata: { labels, annotations } });

  test.each([
    ['without a labelled node', { 'ovn.kubernetes.io/external-gw': null }, {}],
    ['with a labelled node that has no chassis', {}, { 'ovn.kubernetes.io/chassis': null }],
  ])('is never connected %s, although its EIP is ready', async (_what, labels, annotations) => {
    await setGateway(labels, annotations);
    await create(Vpc, 'v', external);
    scheduler.advance(60_000);
    expect((await get(Vpc, 'v'))?.status).toMatchObject({ standby: true, enableExternal: false });
    expect((await get(OvnEip, 'v-ext'))?.status).toMatchObject({ ready: true });
    await setGateway({ 'ovn.kubernetes.io/external-gw': 'true' }, { 'ovn.kubernetes.io/chassis': 'c' });
    scheduler.advance(2_000);
    expect((await get(Vpc, 'v'))?.status).toMatchObject({ enableExternal: true });
  });

  test('that is disconnected while its status falls back keeps the EIP, even after its end', async () => {
    await create(Vpc, 'v', external);
    scheduler.advance(10);
    expect((await get(Vpc, 'v'))?.status).toMatchObject({ enableExternal: false });
    await client.mergePatch(Vpc, clusterRef('v'), { spec: { enableExternal: false } });
    await remove(Vpc, 'v');
    scheduler.advance(60_000);
    expect(await get(Vpc, 'v')).toBeUndefined();
    expect((await get(OvnEip, 'v-ext'))?.status).toMatchObject({ ready: true });
  });

  test('that is disconnected later takes the EIP with it', async () => {
    await create(Vpc, 'v', external);
    scheduler.advance(1_000);
    await remove(Vpc, 'v');
    scheduler.advance(1_000);
    expect(await get(Vpc, 'v')).toBeUndefined();
    expect(await get(OvnEip, 'v-ext')).toBeUndefined();
  });

  test('with a route that cannot be read gets no finalizer and no status', async () => {
    await create(Vpc, 'v', { staticRoutes: [{ cidr: 'text', nextHopIP: '192.0.2.1' }] });
    scheduler.advance(60_000);
    const vpc = await get(Vpc, 'v');
    expect([vpc?.metadata.finalizers, vpc?.status]).toEqual([undefined, undefined]);
  });
});

describe('after a restart of the controllers', () => {
  test('a Terminating EIP stays until something touches it', async () => {
    const metadata = { finalizers: ['kubeovn.io/kube-ovn-controller'] };
    await create(OvnEip, 'e', { externalSubnet: 'ext', v4Ip: '192.0.2.20' }, metadata);
    scheduler.advance(1_000);
    simulator.knobs.stopControllers();
    await remove(OvnEip, 'e');
    simulator.knobs.startControllers();
    scheduler.advance(60_000);
    expect((await get(OvnEip, 'e'))?.metadata.deletionTimestamp).toBeDefined();
    await client.mergePatch(OvnEip, clusterRef('e'), { metadata: { annotations: { touched: '1' } } });
    scheduler.advance(1_000);
    expect(await get(OvnEip, 'e')).toBeUndefined();
  });

  test('addresses are still held by those who held them', async () => {
    await create(OvnEip, 'first', { externalSubnet: 'ext' });
    scheduler.advance(1_000);
    simulator.knobs.stopControllers();
    simulator.knobs.startControllers();
    await create(OvnEip, 'second', { externalSubnet: 'ext' });
    scheduler.advance(1_000);
    const addresses = [await get(OvnEip, 'first'), await get(OvnEip, 'second')].map(
      (eip) => eip?.status?.v4Ip,
    );
    expect(addresses).toEqual(['192.0.2.2', '192.0.2.3']);
  });
});

describe('addresses that nobody names', () => {
  const addressesOf = async (names: readonly string[]) => {
    const eips = await Promise.all(names.map((name) => get(OvnEip, name)));
    return eips.map((eip) => eip?.status?.v4Ip);
  };

  test('ascend, and come back only when there is no other left', async () => {
    const names = ['a', 'b', 'c'];
    for (const name of names) await create(OvnEip, name, { externalSubnet: 'ext' });
    scheduler.advance(1_000);
    expect(await addressesOf(names)).toEqual(['192.0.2.2', '192.0.2.3', '192.0.2.4']);
    await remove(OvnEip, 'a');
    scheduler.advance(1_000);
    const later = ['d', 'e', 'f', 'g', 'h', 'i'];
    for (const name of later) await create(OvnEip, name, { externalSubnet: 'ext' });
    scheduler.advance(1_000);
    const rest = ['192.0.2.5', '192.0.2.6', '192.0.2.7', '192.0.2.8', '192.0.2.9', '192.0.2.2'];
    expect(await addressesOf(later)).toEqual(rest);
  });

  test('run out, and an EIP waits for the next that is released', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    for (const name of [...names, 'late']) await create(OvnEip, name, { externalSubnet: 'ext' });
    scheduler.advance(10_000);
    expect((await get(OvnEip, 'late'))?.status).toBeUndefined();
    await remove(OvnEip, 'c');
    scheduler.advance(10_000);
    expect(await addressesOf(['late'])).toEqual(['192.0.2.4']);
  });
});

describe('a Subnet whose Vpc does not exist', () => {
  test('sends Namespaces of others to the default VPC', async () => {
    await create(Subnet, 'broken', { vpc: 'nobody', cidrBlock: '10.9.0.0/24' });
    await create(Vpc, 'v', { namespaces: ['n'] });
    await create(Subnet, 'sub', { vpc: 'v', cidrBlock: '10.0.0.0/24', namespaces: ['n'] });
    scheduler.advance(1_000);
    await create(Namespace, 'n');
    scheduler.advance(1_000);
    const bound = async () =>
      (await get(Namespace, 'n'))?.metadata.annotations?.['ovn.kubernetes.io/logical_switch'];
    expect(await bound()).toBe('ovn-default');
    await remove(Subnet, 'broken');
    scheduler.advance(1_000);
    expect(await bound()).toBe('ovn-default'); // nothing wakes the Namespace
    await client.mergePatch(Subnet, clusterRef('sub'), { spec: { mtu: 1300 } });
    scheduler.advance(1_000);
    expect(await bound()).toBe('sub');
  });
});

describe('two source NAT rules for one CIDR', () => {
  test('share one row: the second is ready, and the one deleted last hangs', async () => {
    await create(Vpc, 'v', external);
    for (const name of ['e1', 'e2']) await create(OvnEip, name, { externalSubnet: 'ext' });
    for (const [name, ovnEip] of Object.entries({ r1: 'e1', r2: 'e2' })) {
      await create(OvnSnatRule, name, { ovnEip, vpc: 'v', v4IpCidr: '10.0.0.0/24' });
    }
    scheduler.advance(5_000);
    expect((await get(OvnSnatRule, 'r1'))?.status).toMatchObject({ ready: true });
    expect((await get(OvnSnatRule, 'r2'))?.status).toMatchObject({ ready: true });
    await remove(OvnSnatRule, 'r2');
    scheduler.advance(5_000);
    expect(await get(OvnSnatRule, 'r2')).toBeUndefined();
    await remove(OvnSnatRule, 'r1');
    scheduler.advance(60_000);
    expect((await get(OvnSnatRule, 'r1'))?.metadata.deletionTimestamp).toBeDefined();
  });
});
