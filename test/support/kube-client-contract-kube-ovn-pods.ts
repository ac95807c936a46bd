import { beforeAll, expect, test } from 'vitest';
import { kubeTypes } from '../../packages/k8s-adapter/src/manifest/kube-types.ts';
import { type Bench, clusterRef, refOf } from './kube-client-contract-bench.ts';
import {
  annotationOf,
  createPod,
  createProject,
  type KubeOvnBench,
  podType,
  removeAndWait,
} from './kube-client-contract-kube-ovn-setup.ts';

const { IP, Namespace, Subnet, Vpc } = kubeTypes;

/** Where Pods get their addresses. */
export function describePods(open: () => KubeOvnBench): void {
  let bench: Bench;

  beforeAll(() => {
    ({ bench } = open());
  });

  test('get an address of their project, and give it back', async () => {
    const project = await createProject(bench);
    const pod = await createPod(bench, project.namespace);
    expect(annotationOf(pod, 'ovn.kubernetes.io/logical_switch')).toBe(project.subnet);
    const address = annotationOf(pod, 'ovn.kubernetes.io/ip_address');
    expect(address).toBe('10.0.0.2');
    const ip = clusterRef(`${pod.metadata.name}.${project.namespace}`);
    const object = await bench.client.get(IP, ip);
    expect(object).toMatchObject({ spec: { v4IpAddress: address, subnet: project.subnet } });
    expect(object?.metadata.labels).toMatchObject({ 'ovn.kubernetes.io/subnet': project.subnet });
    await bench.until(Subnet, clusterRef(project.subnet), ({ status }) => status?.v4usingIPs === 1);
    await bench.remove(podType, refOf(pod));
    await bench.untilGone(IP, ip);
    await bench.until(Subnet, clusterRef(project.subnet), ({ status }) => status?.v4usingIPs === 0);
  });

  test('go to the default VPC where their Namespace has no Subnet', async () => {
    const namespace = bench.name('n');
    await bench.create(Namespace, { metadata: { name: namespace } });
    const pod = await createPod(bench, namespace);
    expect(annotationOf(pod, 'ovn.kubernetes.io/logical_switch')).toBe('ovn-default');
    expect(annotationOf(pod, 'ovn.kubernetes.io/logical_router')).toBe('ovn-cluster');
  });

  test('go with their Namespace, and their addresses after them', async () => {
    const project = await createProject(bench);
    const pod = await createPod(bench, project.namespace);
    await removeAndWait(bench, Namespace, project.namespace);
    await bench.untilGone(IP, clusterRef(`${pod.metadata.name}.${project.namespace}`));
  });
}

/** What holds a Vpc and a Subnet, and what is left behind. */
export function describeHeldDeletions(open: () => KubeOvnBench): void {
  let bench: Bench;

  beforeAll(() => {
    ({ bench } = open());
  });

  test('of a Vpc waits for its Subnets', async () => {
    const project = await createProject(bench);
    await bench.until(Vpc, clusterRef(project.vpc), ({ status }) => JSON.stringify(status?.subnets) !== '[]');
    await bench.remove(Vpc, clusterRef(project.vpc));
    await createProject(bench); // the queue has passed the deletion
    expect((await bench.client.get(Vpc, clusterRef(project.vpc)))?.metadata.deletionTimestamp).toBeDefined();
    await removeAndWait(bench, Subnet, project.subnet);
    await bench.untilGone(Vpc, clusterRef(project.vpc));
  });

  test('of a Subnet waits for its addresses', async () => {
    const project = await createProject(bench);
    const pod = await createPod(bench, project.namespace);
    await bench.until(Subnet, clusterRef(project.subnet), ({ status }) => status?.v4usingIPs === 1);
    await bench.remove(Subnet, clusterRef(project.subnet));
    await createProject(bench); // the queue has passed the deletion
    const held = await bench.client.get(Subnet, clusterRef(project.subnet));
    expect(held?.metadata.deletionTimestamp).toBeDefined();
    await bench.remove(podType, refOf(pod));
    await bench.untilGone(Subnet, clusterRef(project.subnet));
  });

  test('of a Subnet leaves its Namespace to the default VPC', async () => {
    const project = await createProject(bench);
    await removeAndWait(bench, Subnet, project.subnet);
    const key = 'ovn.kubernetes.io/logical_switch';
    await bench.until(
      Namespace,
      clusterRef(project.namespace),
      (namespace) => annotationOf(namespace, key) === 'ovn-default',
    );
  });
}
