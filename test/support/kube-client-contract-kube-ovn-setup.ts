import { randomInt } from 'node:crypto';
import { expect } from 'vitest';
import type { KubeObject } from '../../packages/k8s-adapter/src/client/kube-object.ts';
import { kubeTypes } from '../../packages/k8s-adapter/src/manifest/kube-types.ts';
import { type Bench, clusterRef } from './kube-client-contract-bench.ts';

const { Namespace, OvnEip, OvnSnatRule, Pod, ProviderNetwork, Subnet, Vlan, Vpc } = {
  ...kubeTypes,
  Pod: { apiVersion: 'v1', kind: 'Pod', plural: 'pods', namespaced: true },
};

export const podType = Pod;
export const KUBE_OVN_FINALIZER = 'kubeovn.io/kube-ovn-controller';

/** An external network of the run: `.2`–`.9` stay for router ports, `.10`–`.254` are ours to name. */
export interface ExternalNetwork {
  readonly name: string;
  readonly vlan: string;
  readonly provider: string;
  readonly gateway: string;
  /** The address with this last byte. */
  address(last: number): string;
}

export async function createExternalNetwork(bench: Bench): Promise<ExternalNetwork> {
  // Kube-OVN matches EIPs to NAT rules by address alone, so no two runs should share addresses.
  const prefix = `198.${18 + randomInt(2)}.${randomInt(256)}`;
  const provider = bench.name('p');
  const vlan = bench.name('l');
  const name = bench.name('x');
  await bench.create(ProviderNetwork, { metadata: { name: provider }, spec: { defaultInterface: 'eth1' } });
  await bench.create(Vlan, { metadata: { name: vlan }, spec: { id: 1 + randomInt(4000), provider } });
  const gateway = `${prefix}.1`;
  const spec = {
    vlan,
    cidrBlock: `${prefix}.0/24`,
    gateway,
    excludeIps: [gateway, `${prefix}.10..${prefix}.254`],
  };
  await bench.create(Subnet, { metadata: { name }, spec });
  await bench.until(Subnet, clusterRef(name), isReady);
  return { name, vlan, provider, gateway, address: (last) => `${prefix}.${last}` };
}

/** The workbench with an external network that all tests of Kube-OVN share. */
export interface KubeOvnBench {
  readonly bench: Bench;
  readonly external: ExternalNetwork;
}

/** A project as Netplane lays it out: Vpc, Subnet, then the Namespace. */
export interface Project {
  readonly vpc: string;
  readonly subnet: string;
  readonly namespace: string;
}

export const PROJECT_CIDR = '10.0.0.0/24';

export async function createProject(bench: Bench, external?: ExternalNetwork): Promise<Project> {
  const project = { vpc: bench.name('v'), subnet: bench.name('s'), namespace: bench.name('n') };
  await bench.create(Vpc, { metadata: { name: project.vpc }, spec: vpcSpec(project, external) });
  await bench.create(Subnet, { metadata: { name: project.subnet }, spec: subnetSpec(project) });
  await bench.until(Subnet, clusterRef(project.subnet), isReady);
  await bench.create(Namespace, { metadata: { name: project.namespace } });
  return project;
}

/** Written as the controller normalises it. */
export function vpcSpec({ namespace }: Project, external?: ExternalNetwork) {
  if (external === undefined) return { namespaces: [namespace] };
  const nextHopIP = external.gateway;
  const empty = { ecmpMode: '', bfdId: '', routeTable: '' };
  return {
    namespaces: [namespace],
    enableExternal: true,
    extraExternalSubnets: [external.name],
    staticRoutes: [{ policy: 'policyDst', cidr: '0.0.0.0/0', nextHopIP, ...empty }],
    policyRoutes: [{ priority: 28000, match: `ip4.src == ${PROJECT_CIDR}`, action: 'reroute', nextHopIP }],
  };
}

/** Written as the controller normalises it. */
export function subnetSpec({ vpc, namespace }: Project) {
  return {
    vpc,
    cidrBlock: PROJECT_CIDR,
    gateway: '10.0.0.1',
    excludeIps: ['10.0.0.1'],
    namespaces: [namespace],
    protocol: 'IPv4',
    provider: 'ovn',
    enableLb: true,
    default: false,
    gatewayNode: '',
    natOutgoing: false,
    private: false,
    u2oFeatures: {},
  };
}

export function eipSpec(external: ExternalNetwork, last: number) {
  return { externalSubnet: external.name, v4Ip: external.address(last), type: 'nat' };
}

/** An EIP with an address of ours, ready. */
export async function createEip(bench: Bench, external: ExternalNetwork, last: number): Promise<string> {
  const name = bench.name('e');
  await bench.create(OvnEip, { metadata: { name }, spec: eipSpec(external, last) });
  await bench.until(OvnEip, clusterRef(name), isUsable);
  return name;
}

/** A source NAT rule of the project's network to the EIP, ready. */
export async function createSnat(bench: Bench, project: Project, ovnEip: string): Promise<string> {
  const name = bench.name('r');
  const spec = { ovnEip, vpc: project.vpc, v4IpCidr: PROJECT_CIDR };
  await bench.create(OvnSnatRule, { metadata: { name }, spec });
  await bench.until(OvnSnatRule, clusterRef(name), isUsable);
  return name;
}

/** A Pod that no kubelet need run; without grace it is gone when it is deleted. */
export async function createPod(bench: Bench, namespace: string): Promise<KubeObject> {
  const name = bench.name('pod');
  const spec = {
    nodeName: 'n1',
    terminationGracePeriodSeconds: 0,
    containers: [{ name: 'c', image: 'none' }],
  };
  await bench.create(Pod, { metadata: { name, namespace }, spec });
  const ref = { namespace, name };
  return bench.until(Pod, ref, (pod) => annotationOf(pod, 'ovn.kubernetes.io/allocated') === 'true');
}

export async function removeAndWait(
  bench: Bench,
  type: Parameters<Bench['remove']>[0],
  name: string,
): Promise<void> {
  await bench.remove(type, clusterRef(name));
  await bench.untilGone(type, clusterRef(name));
}

/** Subnet: condition Ready is True. */
export function isReady(object: KubeObject): boolean {
  return conditionOf(object, 'Ready')?.status === 'True';
}

/** OvnEip and NAT rules. */
function isUsable(object: KubeObject): boolean {
  return object.status?.ready === true;
}

export function isStandby(object: KubeObject): boolean {
  return object.status?.standby === true;
}

export function conditionOf(
  object: KubeObject,
  type: string,
): { readonly status?: string; readonly reason?: string; readonly message?: string } | undefined {
  const conditions: unknown = object.status?.conditions;
  if (!Array.isArray(conditions)) return undefined;
  return conditions.find((condition: { type?: unknown }) => condition.type === type);
}

export function annotationOf(object: KubeObject, key: string): string | undefined {
  return object.metadata.annotations?.[key];
}

export function expectFinalizer(object: KubeObject): void {
  expect(object.metadata.finalizers).toContain(KUBE_OVN_FINALIZER);
}
