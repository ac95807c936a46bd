import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type KubeObject, objectsOfProject } from './support/kube.ts';
import { createPod, type PlacedPod } from './support/pods.ts';
import { openStage } from './support/stage.ts';
import {
  createEip,
  createProject,
  deleteProject,
  type EipView,
  type ProjectView,
} from './support/tenants.ts';
import { learnGateway, outputsOf, traceFromPod } from './support/traces.ts';

const stage = await openStage();

let project: ProjectView;
let cloudEip: EipView;
let publicEip: EipView;
let gatewayEip: EipView;
let objects: readonly KubeObject[];

beforeAll(async () => {
  project = await createProject(stage, { body: { name: 'demo', egress_network: 'public' } });
  [cloudEip, publicEip, gatewayEip] = await Promise.all([
    createEip(stage, { body: { project_id: project.id, name: 'in-the-cloud', network: 'cloud' } }),
    createEip(stage, { body: { project_id: project.id, name: 'in-the-internet', network: 'public' } }),
    stage.must<EipView>('GET', `/v1/eips/${project.gateway_eip_id}`),
  ]);
  objects = await objectsOfProject(stage, project.id);
});

afterAll(() => deleteProject(stage, project));

function nameOf(kind: string): string {
  const [object, ...more] = objects.filter((candidate) => candidate.kind === kind);
  if (object === undefined || more.length > 0) throw new Error(`not one ${kind} but ${more.length + 1}`);
  return object.metadata.name;
}

async function rowsOf(...args: readonly string[]): Promise<readonly string[]> {
  return (await stage.nbctl(args)).split('\n').map((line) => line.trim().replace(/\s+/g, ' '));
}

describe('a project with two EIPs', () => {
  it('is ready, and says so step by step', () => {
    for (const { status } of [project, cloudEip, publicEip, gatewayEip]) {
      expect(status.phase).toBe('ready');
      expect(status.conditions.filter(({ status: value }) => value !== 'true')).toEqual([]);
    }
    expect(project.status.conditions.map(({ type }) => type)).toEqual([
      ...['VpcReady', 'SubnetReady', 'NamespaceReady', 'GatewayEipReady', 'ExternalConnected', 'SnatReady'],
      'Guarded',
    ]);
  });

  it('has addresses of the networks that were asked for', () => {
    expect(cloudEip).toMatchObject({ network_type: 'cloud', address: expect.stringMatching(/^100\.65\./) });
    const isPublic = expect.stringMatching(/^168\.119\.17\.(5[1-9]|6[0-2])$/);
    expect(publicEip).toMatchObject({ network_type: 'public', address: isPublic });
    expect(gatewayEip).toMatchObject({ network_type: 'public', address: isPublic, purpose: 'gateway' });
  });

  it('is one Vpc, Subnet, Namespace and SNAT rule, and an OvnEip per address and for its router', () => {
    const count = (kind: string) => objects.filter((object) => object.kind === kind).length;
    const counts = { Vpc: 1, Subnet: 1, Namespace: 1, OvnSnatRule: 1, OvnEip: 4 };
    expect(Object.fromEntries(Object.keys(counts).map((kind) => [kind, count(kind)]))).toEqual(counts);
    expect(nameOf('Namespace')).toBe(project.namespace);
  });
});

describe('its rows in OVN', () => {
  it('are a router, a switch, and a router port with the pinned address', async () => {
    const [vpc, subnet] = [nameOf('Vpc'), nameOf('Subnet')];
    expect(await stage.nbctl(['lr-list'])).toContain(`(${vpc})`);
    expect(await stage.nbctl(['ls-list'])).toContain(`(${subnet})`);
    const port = objects.find(({ metadata }) => metadata.name === `${vpc}-ext-public`);
    const networks = await stage.nbctl(['get', 'logical_router_port', `${vpc}-ext-public`, 'networks']);
    expect(networks.trim()).toBe(`["${port?.spec.v4Ip}/28"]`);
  });

  it('translate the whole project to the gateway EIP', async () => {
    const rows = await rowsOf('lr-nat-list', nameOf('Vpc'));
    const nat = rows.filter((row) => /^(snat|dnat)/.test(row));
    expect(nat).toEqual([`snat ${gatewayEip.address} ${project.cidr}`]);
  });

  it('route everything to the physical router, by a default route and by a policy below the east-west one', async () => {
    const routes = await rowsOf('lr-route-list', nameOf('Vpc'));
    expect(routes).toContainEqual(expect.stringMatching(/^0\.0\.0\.0\/0 168\.119\.17\.49 dst-ip/));
    const policies = await rowsOf('lr-policy-list', nameOf('Vpc'));
    expect(policies).toContainEqual(
      expect.stringMatching(`^28000 ip4.src == ${project.cidr} reroute 168.119.17.49`),
    );
    expect(policies).toContainEqual(expect.stringMatching(`^31000 ip4.dst == ${project.cidr} allow`));
  });
});

describe('a packet of its pod to the internet', () => {
  let pod: PlacedPod;
  let path: string;

  beforeAll(async () => {
    pod = await createPod(stage, { namespace: project.namespace, name: 'web' });
    const router = { vpc: nameOf('Vpc'), externalSubnet: 'ext-public', gateway: '168.119.17.49' };
    await learnGateway(stage, router);
    path = await traceFromPod(stage, { router, pod }, '8.8.8.8');
  });

  it('comes from an address of the project', () => {
    expect(pod.subnet).toBe(nameOf('Subnet'));
    expect(pod.address).toMatch(/^10\./);
  });

  it('leaves through the public network with the gateway EIP as its source', () => {
    expect(path).toContain(`ct_snat(ip4.src=${gatewayEip.address})`);
    expect(outputsOf(path)).toEqual(['localnet.ext-public']);
  });
});
