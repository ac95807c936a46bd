import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createObject,
  deleteObject,
  getObject,
  type KubeObject,
  kubeOvnObject,
  subnetIsReady,
  untilObject,
} from './support/kube.ts';
import { openStage } from './support/stage.ts';
import {
  conditionOf,
  createProject,
  deleteProject,
  deleteResource,
  type EipView,
  until,
  untilReady,
  type View,
} from './support/tenants.ts';

/** What the operator had before Netplane came. */
const SUBNET = 'legacy-net';
const VLAN = 'legacy-vlan';
const PROVIDER = 'legacy';
const EXCLUDED = ['100.70.0.1', '100.70.0.2..100.70.0.9'];
const FIRST_RANGE = { first: '100.70.0.100', last: '100.70.0.119' };
const SECOND_RANGE = { first: '100.70.0.200', last: '100.70.0.209' };

const stage = await openStage();

let before: KubeObject;
let networkId: string;

beforeAll(async () => {
  await createObject(stage, kubeOvnObject('ProviderNetwork', PROVIDER, { defaultInterface: 'eth2' }));
  await createObject(stage, kubeOvnObject('Vlan', VLAN, { id: 77, provider: PROVIDER }));
  const spec = { protocol: 'IPv4', cidrBlock: '100.70.0.0/24', gateway: '100.70.0.1', vlan: VLAN };
  await createObject(stage, kubeOvnObject('Subnet', SUBNET, { ...spec, excludeIps: EXCLUDED }));
  before = await untilObject(stage, 'subnet', SUBNET, subnetIsReady);
});

afterAll(async () => {
  await deleteObject(stage, 'subnet', SUBNET);
  await deleteObject(stage, 'vlan', VLAN);
  await deleteObject(stage, 'provider-network', PROVIDER);
});

/** Everything that somebody wrote, without what the server keeps and Kube-OVN reports. */
function written({ metadata, spec }: KubeObject): object {
  const { resourceVersion: _, generation: __, managedFields: ___, ...kept } = metadata;
  return { ...kept, spec };
}

/** Who has ever written a field that still stands. */
function writersOf({ metadata }: KubeObject): readonly string[] {
  return [...new Set(metadata.managedFields?.map(({ manager }) => manager))].sort();
}

async function subnetNow(): Promise<KubeObject> {
  return getObject(stage, 'subnet', SUBNET, '--show-managed-fields');
}

async function adopt(gateway: string): Promise<string> {
  const { items } = await stage.must<{ items: readonly View[] }>('GET', '/v1/clusters?name=local');
  const body = { name: 'legacy', type: 'cloud', cidr: '100.70.0.0/24', gateway, adopt_subnet: SUBNET };
  const network = await stage.must<View>('POST', '/v1/external-networks', {
    body: { cluster_id: items[0]?.id, ...body },
  });
  return network.id;
}

async function createRange(span: typeof FIRST_RANGE): Promise<string> {
  const body = { external_network_id: networkId, ...span };
  return (await stage.must<View>('POST', '/v1/ip-ranges', { body })).id;
}

describe('adopting an existing Subnet', () => {
  it('fails where the network is described otherwise', async () => {
    const id = await adopt('100.70.0.254');
    const path = `/v1/external-networks/${id}`;
    const network = await until(stage, path, ({ status }) => status.phase === 'failed');
    expect(conditionOf(network, 'Adopted')).toMatchObject({ reason: 'AdoptedSubnetDiffers' });
    await deleteResource(stage, path, 'platform_admin');
  });

  it('makes the network ready and changes nothing of the Subnet', async () => {
    networkId = await adopt('100.70.0.1');
    const network = await untilReady(stage, `/v1/external-networks/${networkId}`);
    expect(conditionOf(network, 'Adopted')).toMatchObject({ status: 'true' });
    const after = await subnetNow();
    expect(written(after)).toEqual(written(before));
    expect(writersOf(after)).toEqual(['kube-ovn-controller', 'kubectl-create']);
  });
});

describe('a range of an adopted Subnet', () => {
  let rangeId: string;

  it('hands out nothing while the Subnet does not exclude it, and says what to add', async () => {
    rangeId = await createRange(FIRST_RANGE);
    const isRefused = (view: View) => conditionOf(view, 'Excluded')?.reason === 'NotExcluded';
    const range = await until(stage, `/v1/ip-ranges/${rangeId}`, isRefused);
    expect(range.status.phase).not.toBe('ready');
    expect(conditionOf(range, 'Excluded')).toMatchObject({
      waiting_on: 'caller',
      params: { exclude_ips: '100.70.0.100..100.70.0.119' },
    });
    const network = await stage.must<{ has_free: boolean }>('GET', `/v1/external-networks/${networkId}`);
    expect(network.has_free).toBe(false);
    expect(written(await subnetNow())).toEqual(written(before));
  });

  it('is added to what the Subnet excludes where its operator allows it, and nothing else changes', async () => {
    await stage.must('PATCH', `/v1/ip-ranges/${rangeId}`, { body: { manage_exclude_ips: true } });
    await untilReady(stage, `/v1/ip-ranges/${rangeId}`);
    const after = await subnetNow();
    expect(after.spec.excludeIps).toEqual([...EXCLUDED, '100.70.0.100..100.70.0.119'].sort());
    const excludeIps = before.spec.excludeIps;
    expect(written({ ...after, spec: { ...after.spec, excludeIps } })).toEqual(written(before));
  });

  it('is ready by itself once the operator has added it', async () => {
    const id = await createRange(SECOND_RANGE);
    const isRefused = (view: View) => conditionOf(view, 'Excluded')?.reason === 'NotExcluded';
    await until(stage, `/v1/ip-ranges/${id}`, isRefused);
    const { spec } = await subnetNow();
    const excludeIps = [...(spec.excludeIps as string[]), '100.70.0.200..100.70.0.209']; // by its CRD
    const patch = `--patch=${JSON.stringify({ spec: { excludeIps } })}`;
    await stage.kubectl(['patch', 'subnet', SUBNET, '--type=merge', patch]);
    await untilReady(stage, `/v1/ip-ranges/${id}`);
    await deleteResource(stage, `/v1/ip-ranges/${id}`, 'platform_admin');
    expect((await subnetNow()).spec.excludeIps).toContain('100.70.0.200..100.70.0.209');
  });

  it('gives its addresses to projects', async () => {
    const project = await createProject(stage, { body: { name: 'adopted', egress_network: networkId } });
    const eip = await stage.must<EipView>('GET', `/v1/eips/${project.gateway_eip_id}`);
    expect(eip).toMatchObject({
      address: expect.stringMatching(/^100\.70\.0\.1[01]\d$/),
      network_id: networkId,
    });
    await deleteProject(stage, project);
  });

  it('is taken out again when it is deleted, and the Subnet stays when the network is', async () => {
    await deleteResource(stage, `/v1/ip-ranges/${rangeId}`, 'platform_admin');
    const { spec } = await subnetNow();
    expect(spec.excludeIps).toEqual([...EXCLUDED, '100.70.0.200..100.70.0.209']);
    await deleteResource(stage, `/v1/external-networks/${networkId}`, 'platform_admin');
    const after = await subnetNow();
    expect(after.metadata.uid).toBe(before.metadata.uid);
    expect(after.spec).toEqual({ ...before.spec, excludeIps: spec.excludeIps });
  });
});
