import { beforeAll, expect, test } from 'vitest';
import { kubeTypes } from '../../packages/k8s-adapter/src/manifest/kube-types.ts';
import { type Bench, clusterRef, refOf } from './kube-client-contract-bench.ts';
import {
  createEip,
  createPod,
  createProject,
  createSnat,
  type ExternalNetwork,
  expectFinalizer,
  type KubeOvnBench,
  PROJECT_CIDR,
  podType,
  removeAndWait,
} from './kube-client-contract-kube-ovn-setup.ts';

const { Namespace, OvnEip, OvnSnatRule, Subnet, Vpc } = kubeTypes;

/** Vpcs and their external Subnets. */
export function describeConnections(open: () => KubeOvnBench): void {
  let bench: Bench;
  let external: ExternalNetwork;

  beforeAll(() => {
    ({ bench, external } = open());
  });

  test('connects a Vpc through an EIP of its router, and disconnects it', async () => {
    const project = await createProject(bench, external);
    const router = clusterRef(`${project.vpc}-${external.name}`);
    const vpc = await bench.until(
      Vpc,
      clusterRef(project.vpc),
      ({ status }) => status?.enableExternal === true,
    );
    expect(vpc.status?.extraExternalSubnets).toEqual([external.name]);
    const eip = await bench.until(OvnEip, router, ({ status }) => status?.ready === true);
    expect(eip.spec).toMatchObject({ type: 'lrp', externalSubnet: external.name });
    expectFinalizer(eip);
    // The status of a fresh connection falls back for a moment, and disconnecting just then leaves the EIP for ever.
    // Vpcs are worked off one by one: when another is connected, that moment is over.
    const other = await createProject(bench, external);
    await bench.until(Vpc, clusterRef(other.vpc), ({ status }) => status?.enableExternal === true);
    await bench.until(Vpc, clusterRef(project.vpc), ({ status }) => status?.enableExternal === true);
    const spec = { enableExternal: false, extraExternalSubnets: null };
    await bench.client.mergePatch(Vpc, clusterRef(project.vpc), { spec });
    await bench.untilGone(OvnEip, router);
    await bench.until(Vpc, clusterRef(project.vpc), ({ status }) => status?.enableExternal !== true);
  });

  test('takes the router EIP that was made before', async () => {
    const vpc = bench.name('v');
    const router = `${vpc}-${external.name}`;
    const v4Ip = external.address(200);
    const eip = { externalSubnet: external.name, v4Ip, type: 'lrp' };
    await bench.create(OvnEip, { metadata: { name: router }, spec: eip });
    await bench.until(OvnEip, clusterRef(router), ({ status }) => status?.ready === true);
    const spec = { enableExternal: true, extraExternalSubnets: [external.name] };
    await bench.create(Vpc, { metadata: { name: vpc }, spec });
    await bench.until(Vpc, clusterRef(vpc), ({ status }) => status?.enableExternal === true);
    expect((await bench.client.get(OvnEip, clusterRef(router)))?.status).toMatchObject({
      v4Ip,
      ready: true,
    });
  });

  test('translates a project to its EIP, then goes in the order of Netplane', async () => {
    const project = await createProject(bench, external);
    await bench.until(Vpc, clusterRef(project.vpc), ({ status }) => status?.enableExternal === true);
    const eip = await createEip(bench, external, 20);
    const rule = await createSnat(bench, project, eip);
    const pod = await createPod(bench, project.namespace);
    const snat = await bench.client.get(OvnSnatRule, clusterRef(rule));
    const v4Eip = external.address(20);
    expect(snat?.status).toMatchObject({ ready: true, vpc: project.vpc, v4Eip, v4IpCidr: PROJECT_CIDR });
    expect(snat?.metadata.labels).toMatchObject({ 'ovn.kubernetes.io/eip_v4_ip': v4Eip });
    await bench.until(OvnEip, clusterRef(eip), ({ status }) => status?.nat === 'snat');

    await bench.remove(podType, refOf(pod));
    await removeAndWait(bench, Namespace, project.namespace);
    await removeAndWait(bench, OvnSnatRule, rule);
    await removeAndWait(bench, OvnEip, eip);
    await removeAndWait(bench, Subnet, project.subnet);
    const spec = { enableExternal: false };
    await bench.client.mergePatch(Vpc, clusterRef(project.vpc), { spec });
    await bench.until(Vpc, clusterRef(project.vpc), ({ status }) => status?.enableExternal !== true);
    // Kube-OVN removes the router port itself, unless an event of the Subnet crosses the disconnection
    await removeAndWait(bench, OvnEip, `${project.vpc}-${external.name}`);
    await removeAndWait(bench, Vpc, project.vpc);
  });
}

/** Source NAT rules once they are ready, and those that never are. */
export function describeSnatRules(open: () => KubeOvnBench): void {
  let bench: Bench;
  let external: ExternalNetwork;

  beforeAll(() => {
    ({ bench, external } = open());
  });

  test('ignores changes of a rule that is ready', async () => {
    const project = await createProject(bench, external);
    const eip = await createEip(bench, external, 21);
    const rule = await createSnat(bench, project, eip);
    const patch = { spec: { v4IpCidr: '10.9.0.0/24' } };
    await bench.client.mergePatch(OvnSnatRule, clusterRef(rule), patch);
    const other = await createEip(bench, external, 22); // whatever was queued before is done by now
    expect(other).toBeDefined();
    const snat = await bench.client.get(OvnSnatRule, clusterRef(rule));
    expect(snat?.status).toMatchObject({ ready: true, v4IpCidr: PROJECT_CIDR });
  });

  test('never makes a rule ready whose EIP or Vpc is missing', async () => {
    const project = await createProject(bench, external);
    const eip = await createEip(bench, external, 23);
    const orphans = [
      { ovnEip: bench.name('no'), vpc: project.vpc, v4IpCidr: PROJECT_CIDR },
      { ovnEip: eip, vpc: bench.name('no'), v4IpCidr: PROJECT_CIDR },
    ];
    const names = [];
    for (const spec of orphans) {
      const { metadata } = await bench.create(OvnSnatRule, { metadata: { name: bench.name('r') }, spec });
      names.push(metadata.name);
    }
    await createSnat(bench, project, eip); // one that is made later is ready: the queue has passed the others
    for (const name of names) {
      expect((await bench.client.get(OvnSnatRule, clusterRef(name)))?.status?.ready).not.toBe(true);
    }
  });

  test('never deletes a rule whose Vpc has gone before it', async () => {
    const project = await createProject(bench, external);
    const eip = await createEip(bench, external, 24);
    const rule = await createSnat(bench, project, eip);
    await removeAndWait(bench, Namespace, project.namespace);
    await removeAndWait(bench, Subnet, project.subnet);
    await removeAndWait(bench, Vpc, project.vpc);
    await bench.untilGone(OvnEip, clusterRef(`${project.vpc}-${external.name}`));
    await bench.remove(OvnSnatRule, clusterRef(rule));
    const later = await createProject(bench, external);
    const second = await createSnat(bench, later, eip);
    await removeAndWait(bench, OvnSnatRule, second); // one that is deleted later is gone: the queue has passed
    const hung = await bench.client.get(OvnSnatRule, clusterRef(rule));
    expect(hung?.metadata.deletionTimestamp).toBeDefined();
    await bench.client.mergePatch(OvnSnatRule, clusterRef(rule), { metadata: { finalizers: null } });
  });
}
