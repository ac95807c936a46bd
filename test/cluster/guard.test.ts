import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Kubectl } from './control-plane/kubectl.ts';
import { applyGuard, createTenant, dryRunPod, REFUSAL, refusalOf, removeGuard } from './support/guard.ts';
import { kubeOvnObject, listObjects } from './support/kube.ts';
import { createNetwork, type ProjectNetwork } from './support/networks.ts';
import { podObject, untilPlaced } from './support/pods.ts';
import { openStage } from './support/stage.ts';
import { conditionOf, deleteProject, type ProjectView, until } from './support/tenants.ts';
import { outputsOf, traceFromPod } from './support/traces.ts';

const stage = await openStage();

let tenant: Kubectl;
/** Whose namespace the tenant has rights in. */
let own: ProjectNetwork;
let victim: ProjectNetwork;
let namespace: string;

const switchKey = 'ovn.kubernetes.io/logical_switch';

/** Annotations by which Kube-OVN or Multus would be told where a pod belongs. */
const keys = [
  ...['logical_switch', 'ip_address', 'ip_pool', 'mac_address', 'port_security', 'security_groups'].map(
    (part) => `ovn.kubernetes.io/${part}`,
  ),
  ...['eip', 'snat', 'vip', 'aaps', 'routes', 'north_gateway', 'allocated', 'routed'].map(
    (part) => `ovn.kubernetes.io/${part}`,
  ),
  ...['second.net.ovn.kubernetes.io/logical_switch', 'second.net.kubernetes.io/ip_address'],
  ...['k8s.v1.cni.cncf.io/networks', 'v1.multus-cni.io/default-network'],
];

beforeAll(async () => {
  [own, victim] = await Promise.all([
    createNetwork(stage, { body: { name: 'guarded' } }),
    createNetwork(stage, { body: { name: 'victim' } }),
  ]);
  namespace = own.project.namespace;
  tenant = await createTenant(stage, namespace);
  await removeGuard(stage, intrude);
});

afterAll(() => Promise.all([own, victim].map(({ project }) => deleteProject(stage, project))));

/** Whether the API server would take the attack. */
function intrude(): Promise<string> {
  return dryRunPod(tenant, namespace, { [switchKey]: victim.subnet });
}

function patchPod(name: string, annotations: Readonly<Record<string, string | null>>, ...more: string[]) {
  const patch = JSON.stringify({ metadata: { annotations } });
  return tenant([
    'patch',
    'pod',
    name,
    `--namespace=${namespace}`,
    '--type=merge',
    `--patch=${patch}`,
    ...more,
  ]);
}

describe('without the admission policies', () => {
  it('a tenant puts a new pod into the Subnet of another project and reaches its pods', async () => {
    const name = 'intruder';
    const pod = podObject({ namespace, name, annotations: { [switchKey]: victim.subnet } });
    await tenant(['create', '--filename=-'], JSON.stringify(pod));
    const intruder = await untilPlaced(stage, { namespace, name });
    expect(intruder.subnet).toBe(victim.subnet);
    const origin = { router: victim.router, pod: intruder };
    const path = await traceFromPod(stage, origin, victim.pod.address, victim.pod.mac);
    expect(outputsOf(path)).toEqual([victim.pod.port]);
    await tenant(['delete', 'pod', name, `--namespace=${namespace}`]);
  });

  it('a tenant tells Kube-OVN to place a pod of its own anew', async () => {
    await patchPod(
      'web',
      { 'ovn.kubernetes.io/allocated': null, [switchKey]: victim.subnet },
      '--dry-run=server',
    );
  });
});

describe('with the admission policies', () => {
  beforeAll(() => applyGuard(stage, intrude));

  it.each(keys)('a tenant creates no pod with %s', async (key) => {
    expect(await refusalOf(dryRunPod(tenant, namespace, { [key]: victim.subnet }))).toMatch(REFUSAL);
  });

  it.each(keys)('a tenant does not write %s on a pod', async (key) => {
    expect(await refusalOf(patchPod('web', { [key]: victim.subnet }))).toMatch(REFUSAL);
  });

  it('a tenant does not write it by way of the status or a binding either', async () => {
    const annotations = { [switchKey]: victim.subnet };
    expect(await refusalOf(patchPod('web', annotations, '--subresource=status'))).toMatch(REFUSAL);
    const binding = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name: 'web', namespace, annotations },
      target: { kind: 'Node', name: 'n1' },
    };
    const path = `/api/v1/namespaces/${namespace}/pods/web/binding`;
    const bind = tenant(['create', '--raw', path, '--filename=-'], JSON.stringify(binding));
    expect(await refusalOf(bind)).toMatch(REFUSAL);
  });

  it('a tenant does not take away what Kube-OVN has written on a pod', async () => {
    expect(await refusalOf(patchPod('web', { 'ovn.kubernetes.io/allocated': null }))).toMatch(REFUSAL);
    expect(await refusalOf(patchPod('web', { [switchKey]: null }))).toMatch(REFUSAL);
  });

  it('a tenant may name the Subnet of its own project, and write any other annotation', async () => {
    await dryRunPod(tenant, namespace, { [switchKey]: own.subnet, 'example.org/note': 'mine' });
    await patchPod('web', { 'example.org/note': 'mine' });
    expect(await untilPlaced(stage, { namespace, name: 'web' })).toMatchObject({ subnet: own.subnet });
  });

  it('a tenant with rights on them writes no object of Kube-OVN', async () => {
    const role = 'kube-ovn-writer';
    await stage.kubectl(['create', 'clusterrole', role, '--verb=*', '--resource=*.kubeovn.io']);
    const user = `--user=mallory-${namespace}`;
    await stage.kubectl(['create', 'clusterrolebinding', role, `--clusterrole=${role}`, user]);
    const objects = [
      kubeOvnObject('Subnet', 'intruder', { cidrBlock: '10.50.0.0/24', vpc: victim.router.vpc }),
      kubeOvnObject('Vpc', 'intruder', {}),
      kubeOvnObject('OvnEip', 'intruder', { externalSubnet: 'ext-cloud', type: 'nat' }),
      kubeOvnObject('IP', 'intruder', { subnet: victim.subnet }),
      kubeOvnObject('Vip', 'intruder', { subnet: victim.subnet }),
    ];
    for (const object of objects) {
      const created = tenant(['create', '--filename=-'], JSON.stringify(object));
      expect(await refusalOf(created)).toMatch(REFUSAL);
    }
    const patch = JSON.stringify({ spec: { namespaces: [namespace] } });
    const patched = tenant(['patch', 'subnet', victim.subnet, '--type=merge', `--patch=${patch}`]);
    expect(await refusalOf(patched)).toMatch(REFUSAL);
    await stage.kubectl(['delete', 'clusterrole,clusterrolebinding', role]);
  });

  it('Kube-OVN and Netplane go on with their work', async () => {
    const pods = await listObjects(stage, 'pods', `--namespace=${namespace}`);
    expect(pods.map(({ metadata }) => metadata.name)).toEqual(['web']);
    const another = await createNetwork(stage, { body: { name: 'beside-the-guard' } });
    expect(another.pod.subnet).toBe(another.subnet);
    await deleteProject(stage, another.project);
  });

  it('a project says that it is guarded', async () => {
    const isGuarded = (project: ProjectView) => conditionOf(project, 'Guarded')?.reason === 'Guarded';
    const project = await until<ProjectView>(stage, `/v1/projects/${own.project.id}`, isGuarded);
    expect(conditionOf(project, 'Guarded')).toMatchObject({ status: 'true', waiting_on: null });
  });
});
