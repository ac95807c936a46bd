import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Kubectl } from './control-plane/kubectl.ts';
import { waitFor } from './control-plane/wait.ts';
import { applyGuard, createTenant, dryRunPod, REFUSAL, refusalOf, removeGuard } from './support/guard.ts';
import { CLUSTER_LIMIT_MS } from './support/kube.ts';
import { createNetwork, type ProjectNetwork } from './support/networks.ts';
import { openStage } from './support/stage.ts';
import { deleteProject } from './support/tenants.ts';
import { traceFromPod } from './support/traces.ts';

/** An address that the victim's pods believe to be somebody, and who answers in truth. */
const BAIT = '192.0.2.10';
const TRAP = '192.0.2.66';

const stage = await openStage();

let tenant: Kubectl;
let own: ProjectNetwork;
let victim: ProjectNetwork;
let namespace: string;

beforeAll(async () => {
  [own, victim] = await Promise.all([
    createNetwork(stage, { body: { name: 'serving' } }),
    createNetwork(stage, { body: { name: 'served' } }),
  ]);
  namespace = own.project.namespace;
  tenant = await createTenant(stage, namespace);
  await removeGuard(stage, probe);
});

afterAll(() => Promise.all([own, victim].map(({ project }) => deleteProject(stage, project))));

function probe(): Promise<string> {
  return dryRunPod(tenant, namespace, { 'ovn.kubernetes.io/logical_switch': victim.subnet });
}

/** A Service that asks Kube-OVN to be served in the victim's network, under an address of its choice. */
function hijack(name: string) {
  const annotations = {
    'ovn.kubernetes.io/switch_lb_vip': BAIT,
    'ovn.kubernetes.io/logical_router': victim.router.vpc,
    'ovn.kubernetes.io/logical_switch': victim.subnet,
    'ovn.kubernetes.io/service_health_check': 'false',
  };
  return service(name, annotations);
}

function service(name: string, annotations: Readonly<Record<string, string>>) {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace, annotations },
    spec: { clusterIP: 'None', ports: [{ name: 'https', port: 443 }] },
  };
}

function endpoints(name: string) {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name, namespace, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    ports: [{ name: 'https', port: 443, protocol: 'TCP' }],
    endpoints: [{ addresses: [TRAP], conditions: { ready: true } }],
  };
}

function create(object: object): Promise<string> {
  return tenant(['create', '--filename=-'], JSON.stringify(object));
}

it('without the admission policies a tenant answers for any address in the network of another project', async () => {
  await create(hijack('trap'));
  await create(endpoints('trap'));
  await waitFor('the load balancer', { timeoutMs: CLUSTER_LIMIT_MS }, async () => {
    const vips = await stage.nbctl(['lb-list', `vpc-${victim.router.vpc}-tcp-load`]);
    return vips.includes(BAIT) ? true : undefined;
  });
  expect(await traceFromPod(stage, victim, BAIT)).toContain(`backends=${TRAP}`);
  await tenant(['delete', 'service,endpointslice', 'trap', `--namespace=${namespace}`]);
});

describe('with the admission policies', () => {
  beforeAll(() => applyGuard(stage, probe));

  it('a tenant creates no such Service', async () => {
    expect(await refusalOf(create(hijack('trap')))).toMatch(REFUSAL);
  });

  it('a tenant makes no such Service of one that is there, by its status neither', async () => {
    await create(service('honest', { 'example.org/note': 'mine' }));
    const { annotations } = hijack('honest').metadata;
    const patch = `--patch=${JSON.stringify({ metadata: { annotations } })}`;
    const change = ['patch', 'service', 'honest', `--namespace=${namespace}`, '--type=merge', patch];
    expect(await refusalOf(tenant(change))).toMatch(REFUSAL);
    expect(await refusalOf(tenant([...change, '--subresource=status']))).toMatch(REFUSAL);
  });

  it("Kube-OVN still serves a tenant's own Services in its own network", async () => {
    const clusterIP = '10.101.77.77';
    const { metadata, ...rest } = service('cluster-ip', {});
    const selfServed = { ...rest, metadata, spec: { ...rest.spec, clusterIP } };
    await create(selfServed);
    const slice = endpoints('cluster-ip');
    const targetRef = { kind: 'Pod', name: own.pod.name, namespace };
    await create({ ...slice, endpoints: [{ addresses: [own.pod.address], targetRef }] });
    await waitFor('the load balancer', { timeoutMs: CLUSTER_LIMIT_MS }, async () => {
      const vips = await stage.nbctl(['lb-list', `vpc-${own.router.vpc}-tcp-load`]);
      return vips.includes(`${clusterIP}:443`) ? true : undefined;
    });
  });
});
