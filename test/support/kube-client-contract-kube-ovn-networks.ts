import { beforeAll, expect, test } from 'vitest';
import type { KubeObject, KubeType } from '../../packages/k8s-adapter/src/client/kube-object.ts';
import { kubeTypes } from '../../packages/k8s-adapter/src/manifest/kube-types.ts';
import { type Bench, clusterRef, refOf, whole } from './kube-client-contract-bench.ts';
import {
  annotationOf,
  conditionOf,
  createProject,
  type ExternalNetwork,
  expectFinalizer,
  isReady,
  isStandby,
  KUBE_OVN_FINALIZER,
  type KubeOvnBench,
  removeAndWait,
  subnetSpec,
  vpcSpec,
} from './kube-client-contract-kube-ovn-setup.ts';

const { Namespace, ProviderNetwork, Subnet, Vlan, Vpc } = kubeTypes;

const PATIENCE_MS = 30_000;

/** Vlans, Vpcs and Subnets that come up. */
export function describeNetworks(open: () => KubeOvnBench): void {
  let bench: Bench;
  let external: ExternalNetwork;

  beforeAll(() => {
    ({ bench, external } = open());
  });

  test('lists a Vlan in its ProviderNetwork and a Subnet in its Vlan', async () => {
    const network = await bench.until(ProviderNetwork, clusterRef(external.provider), ({ status }) =>
      JSON.stringify(status?.vlans ?? []).includes(external.vlan),
    );
    expect(network.status?.vlans).toEqual([external.vlan]);
    const vlan = await bench.until(
      Vlan,
      clusterRef(external.vlan),
      ({ status }) => status?.subnets !== undefined,
    );
    expect(vlan.status?.subnets).toEqual([external.name]);
  });

  test('brings a project up: Vpc standby, Subnet ready and listed, Namespace bound', async () => {
    const project = await createProject(bench);
    const vpc = await bench.until(Vpc, clusterRef(project.vpc), ({ status }) =>
      JSON.stringify(status?.subnets ?? []).includes(project.subnet),
    );
    expect(vpc.status).toMatchObject({ standby: true, router: project.vpc, subnets: [project.subnet] });
    expectFinalizer(vpc);
    const subnet = await bench.client.get(Subnet, clusterRef(project.subnet));
    expect(subnet?.status).toMatchObject({ v4availableIPs: 253, v4usingIPs: 0 });
    const key = 'ovn.kubernetes.io/logical_switch';
    const namespace = await bench.until(
      Namespace,
      clusterRef(project.namespace),
      (object) => annotationOf(object, key) !== undefined,
    );
    expect(annotationOf(namespace, key)).toBe(project.subnet);
  });

  test('writes specs in its own form', async () => {
    const vpc = bench.name('v');
    const staticRoutes = [{ cidr: '0.0.0.0/0', nextHopIP: external.gateway }];
    const policyRoutes = [{ priority: 1, match: 'ip4', action: 'drop', nextHopIP: '10.0.0.1' }];
    await bench.create(Vpc, {
      metadata: { name: vpc },
      spec: { enableBfd: false, staticRoutes, policyRoutes },
    });
    const formatted = await bench.until(Vpc, clusterRef(vpc), isStandby);
    const zeros = { bfdId: '', ecmpMode: '', routeTable: '' };
    expect(formatted.spec).toEqual({
      staticRoutes: [{ cidr: '0.0.0.0/0', nextHopIP: external.gateway, policy: 'policyDst', ...zeros }],
      policyRoutes: [{ priority: 1, match: 'ip4', action: 'drop' }],
    });
    const name = bench.name('s');
    const excludeIps = ['10.1.0.15..10.1.0.30', '10.1.0.10..10.1.0.20'];
    await bench.create(Subnet, { metadata: { name }, spec: { vpc, cidrBlock: '10.1.0.5/24', excludeIps } });
    const subnet = await bench.until(Subnet, clusterRef(name), isReady);
    expect(subnet.spec).toMatchObject({
      cidrBlock: '10.1.0.0/24',
      gateway: '10.1.0.1',
      excludeIps: ['10.1.0.1', '10.1.0.10..10.1.0.30'],
      protocol: 'IPv4',
      provider: 'ovn',
      enableLb: true,
      gatewayNode: '',
      private: false,
    });
  });

  test('leaves the resourceVersion alone when normalised objects are applied again', async () => {
    const project = await createProject(bench, external);
    await bench.until(Vpc, clusterRef(project.vpc), ({ status }) => status?.enableExternal === true);
    await bench.until(Vpc, clusterRef(project.vpc), ({ status }) => JSON.stringify(status?.subnets) !== '[]');
    const wanted = [
      [Vpc, whole(Vpc, { metadata: { name: project.vpc }, spec: vpcSpec(project, external) })],
      [Subnet, whole(Subnet, { metadata: { name: project.subnet }, spec: subnetSpec(project) })],
      [Namespace, whole(Namespace, { metadata: { name: project.namespace } })],
    ] as const;
    for (const [type, object] of wanted) {
      const before = await bench.client.get(type, refOf(object));
      const first = await bench.client.apply(type, object);
      expect(first.spec).toEqual(before?.spec);
      expect(first.metadata.generation).toBe(before?.metadata.generation);
      await expect.poll(() => changesByApply(bench, type, object), { timeout: PATIENCE_MS }).toBe(false);
    }
  });
}

/** What a Subnet shows of its faults, and what it does not. */
export function describeSubnetFaults(open: () => KubeOvnBench): void {
  let bench: Bench;

  beforeAll(() => {
    ({ bench } = open());
  });

  test('shows an overlap within a Vpc, and none between two', async () => {
    const project = await createProject(bench);
    const name = bench.name('s');
    const spec = { vpc: project.vpc, cidrBlock: '10.0.0.128/25' };
    await bench.create(Subnet, { metadata: { name }, spec });
    const subnet = await bench.until(
      Subnet,
      clusterRef(name),
      (object) => conditionOf(object, 'Ready')?.status === 'False',
    );
    expect(conditionOf(subnet, 'Ready')).toMatchObject({ reason: 'ValidateLogicalSwitchFailed' });
    expect(conditionOf(subnet, 'Ready')?.message).toContain(project.subnet);
    await createProject(bench); // the same CIDR in a Vpc of its own: becomes ready
  });

  test('shows a Vlan that is missing', async () => {
    const name = bench.name('s');
    await bench.create(Subnet, {
      metadata: { name },
      spec: { vlan: bench.name('no'), cidrBlock: '10.4.0.0/24' },
    });
    const subnet = await bench.until(
      Subnet,
      clusterRef(name),
      (object) => conditionOf(object, 'Ready') !== undefined,
    );
    expect(conditionOf(subnet, 'Ready')).toMatchObject({
      status: 'False',
      reason: 'ValidateSubnetVlanFailed',
    });
  });

  test('says nothing about a Vpc that is missing or does not take the namespace', async () => {
    const project = await createProject(bench);
    const silent = [
      { vpc: bench.name('no'), cidrBlock: '10.5.0.0/24' },
      { vpc: project.vpc, cidrBlock: '10.6.0.0/24', namespaces: [bench.name('other')] },
    ];
    for (const spec of silent) {
      const name = bench.name('s');
      await bench.create(Subnet, { metadata: { name }, spec });
      const subnet = await bench.until(
        Subnet,
        clusterRef(name),
        (object) => object.metadata.finalizers?.includes(KUBE_OVN_FINALIZER) === true,
      );
      expect(conditionOf(subnet, 'Validated')).toMatchObject({ status: 'True' });
      expect(conditionOf(subnet, 'Ready')).toBeUndefined();
      await removeAndWait(bench, Subnet, name);
    }
  });
}

/** Seen as changed also where the controller writes a status in between: ask until it is at rest. */
async function changesByApply(bench: Bench, type: KubeType, object: KubeObject): Promise<boolean> {
  const first = await bench.client.apply(type, object);
  const second = await bench.client.apply(type, object);
  return second.metadata.resourceVersion !== first.metadata.resourceVersion;
}
