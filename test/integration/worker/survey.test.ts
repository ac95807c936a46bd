import { type KubeObject, type KubeType, kubeTypes } from '@netplane/k8s-adapter';
import { beforeAll, describe, expect, it } from 'vitest';
import { eipBody } from '../../support/builders/eip.builder.ts';
import { externalNetworkBody } from '../../support/builders/external-network.builder.ts';
import { ipRangeBody } from '../../support/builders/ip-range.builder.ts';
import { projectBody } from '../../support/builders/project.builder.ts';
import { conditionOf, eventually, foreign, ref, useClusterStage } from '../support/cluster-stage.ts';
import { addressState } from '../support/ledger.ts';
import { expectRefusal } from '../support/refusals.ts';
import type { EipView, ProjectView, View } from '../support/views.ts';

const { IP, IptablesEIP, OvnEip, Subnet, Vip } = kubeTypes;
const stage = useClusterStage();

const SUBNET_LABEL = 'ovn.kubernetes.io/subnet';

interface RangeView extends View {
  readonly manage_exclude_ips: boolean;
}

/** A Subnet that the operator has made, as its controller leaves it. */
async function makeSubnet(
  name: string,
  net: string,
  excludeIps: readonly string[] = [],
): Promise<KubeObject> {
  const spec = {
    ...{ vpc: 'ovn-cluster', protocol: 'IPv4', provider: 'ovn' },
    ...{ cidrBlock: `${net}.0/24`, gateway: `${net}.1`, excludeIps: [`${net}.1`, ...excludeIps] },
  };
  await stage.stranger.create(Subnet, foreign(Subnet, name, { spec }));
  await stage.simulator.knobs.settled();
  return subnetOf(name);
}

async function subnetOf(name: string): Promise<KubeObject> {
  const subnet = await stage.stranger.get(Subnet, ref(name));
  if (subnet === undefined) throw new Error(`no Subnet ${name}`);
  return subnet;
}

async function adopt(subnet: string, net: string): Promise<string> {
  const {
    provider_network: _,
    vlan_id: __,
    ...body
  } = externalNetworkBody(stage.world.clusterId, `${net}.0/24`);
  const network = await stage.api.must<View>('POST', '/v1/external-networks', {
    body: { ...body, adopt_subnet: subnet },
  });
  expect(await stage.settled(`/v1/external-networks/${network.id}`)).toMatchObject({
    status: { phase: 'ready' },
  });
  return network.id;
}

async function createRange(networkId: string, net: string, changes: object = {}): Promise<RangeView> {
  const body = ipRangeBody(networkId, { first: `${net}.10`, last: `${net}.19` }, changes);
  return stage.api.must<RangeView>('POST', '/v1/ip-ranges', { body });
}

async function readyRange(id: string): Promise<RangeView> {
  return eventually(async () => {
    const range = await stage.api.must<RangeView>('GET', `/v1/ip-ranges/${id}`);
    expect(range.status.phase).toBe('ready');
    return range;
  });
}

async function makeHolder(type: KubeType, name: string, subnet: string, spec: object): Promise<void> {
  const object = foreign(type, name, { spec });
  const metadata = { name, labels: { [SUBNET_LABEL]: subnet } };
  await stage.stranger.create(type, type === OvnEip ? object : { ...object, metadata });
  await stage.simulator.knobs.settled();
}

describe('a range that nobody has looked at', () => {
  it('hands out nothing, and does once it was surveyed', async () => {
    const net = '100.98.1';
    await makeSubnet('unseen', net, [`${net}.10..${net}.19`]);
    const networkId = await adopt('unseen', net);
    await stage.api.must('PATCH', `/v1/clusters/${stage.world.clusterId}`, { body: { mode: 'observe' } });
    await stage.lookAgain();
    const range = await createRange(networkId, net);
    const body = projectBody(stage.world.acmeId, { egress_network: networkId });
    const refused = await stage.api.call('POST', '/v1/projects', { body });
    expectRefusal(refused, { status: 409, code: 'pool_exhausted' });
    expect(range.status.phase).toBe('pending');
    expect(await addressState(stage.database, networkId, `${net}.10`)).toBeUndefined();

    await stage.api.must('PATCH', `/v1/clusters/${stage.world.clusterId}`, { body: { mode: 'manage' } });
    await stage.lookAgain();
    await readyRange(range.id);
    expect((await stage.api.call('POST', '/v1/projects', { body })).status).toBe(201);
  });
});

describe('addresses that something else on the cluster holds', () => {
  const net = '100.98.2';
  let networkId: string;
  let range: RangeView;
  const state = (address: string) => addressState(stage.database, networkId, `${net}.${address}`);

  beforeAll(async () => {
    await makeSubnet('held', net, [`${net}.10..${net}.19`]);
    await makeHolder(OvnEip, 'theirs', 'held', { externalSubnet: 'held', v4Ip: `${net}.10`, type: 'nat' });
    await makeHolder(Vip, 'vip', 'held', { subnet: 'held', v4ip: `${net}.11` });
    const ip = {
      subnet: 'held',
      ipAddress: `${net}.12`,
      v4IpAddress: `${net}.12`,
      macAddress: '',
      v6IpAddress: '',
    };
    const pod = { podName: 'p', namespace: 'default', nodeName: 'n1', containerID: '', podType: '' };
    const attached = { attachIps: [], attachMacs: [], attachSubnets: [] };
    await makeHolder(IP, 'p.default', 'held', { ...ip, ...pod, ...attached });
    await makeHolder(IptablesEIP, 'old-gateway', 'held', { v4ip: `${net}.13`, natGwDp: 'gw' });
    stage.simulator.knobs.stopControllers();
    await makeHolder(OvnEip, 'not-looked-at', 'held', {
      externalSubnet: 'held',
      v4Ip: `${net}.14`,
      type: 'nat',
    });
    stage.simulator.knobs.startControllers();
    networkId = await adopt('held', net);
    range = await readyRange((await createRange(networkId, net)).id);
  });

  it('are blocked, whatever kind of object holds them', async () => {
    const states = await Promise.all(['10', '11', '12', '13', '14', '15'].map(state));
    expect(states).toEqual([...Array.from({ length: 5 }, () => 'blocked'), 'free']);
  });

  it('are named with their holders to the platform', () => {
    expect(conditionOf(range, 'Surveyed')).toMatchObject({
      status: 'true',
      params: { blocked: '5' },
      operator_detail: expect.stringContaining(`${net}.10 OvnEip theirs`),
    });
    expect(conditionOf(range, 'Surveyed').operator_detail).toContain(`${net}.12 IP p.default`);
  });

  it('are refused to whoever asks for one, without a word of the holder', async () => {
    const project = await stage.api.must<ProjectView>('POST', '/v1/projects', {
      body: projectBody(stage.world.acmeId),
    });
    const body = eipBody(project.id, { network: networkId, address: `${net}.10` });
    const refused = await stage.api.call('POST', '/v1/eips', { as: 'acme_owner', body });
    expectRefusal(refused, { status: 409, code: 'address_in_use', pointer: '/address', holder: null });
    expect(refused.text).not.toContain('theirs');
  });

  it('are free again when the holder is gone, and blocked when one comes', async () => {
    const vip = await stage.stranger.get(Vip, ref('vip'));
    await stage.stranger.delete(Vip, ref('vip'), vip?.metadata.uid ?? '');
    await makeHolder(OvnEip, 'latecomer', 'held', { externalSubnet: 'held', v4Ip: `${net}.16`, type: 'nat' });
    await stage.simulator.knobs.settled();
    await stage.lookAgain();
    expect([await state('11'), await state('16')]).toEqual(['free', 'blocked']);
  });

  it('end no quarantine, neither by coming nor by going', async () => {
    await stage.database.owner.query(
      `update ip_address set state = 'quarantined', quarantined_until = clock_timestamp() + interval '1 hour'
       where address = $1`,
      [`${net}.17`],
    );
    await makeHolder(Vip, 'passing', 'held', { subnet: 'held', v4ip: `${net}.17` });
    await stage.lookAgain();
    expect(conditionOf(await readyRange(range.id), 'Surveyed').operator_detail).toContain('Vip passing');
    expect(await state('17')).toBe('quarantined');
    const vip = await stage.stranger.get(Vip, ref('passing'));
    await stage.stranger.delete(Vip, ref('passing'), vip?.metadata.uid ?? '');
    await stage.simulator.knobs.settled();
    await stage.lookAgain();
    expect(await state('17')).toBe('quarantined');
  });

  it('do not count our own among them', async () => {
    const project = await stage.api.must<ProjectView>('POST', '/v1/projects', {
      body: projectBody(stage.world.acmeId),
    });
    const body = eipBody(project.id, { network: networkId });
    const eip = await stage.api.must<EipView>('POST', '/v1/eips', { body });
    await stage.settled(`/v1/eips/${eip.id}`);
    await stage.lookAgain();
    expect(await addressState(stage.database, networkId, eip.address)).toBe('allocated');
    expect(conditionOf(await readyRange(range.id), 'Surveyed').operator_detail).not.toContain(eip.address);
  });
});

describe('a range that an adopted subnet does not leave to us', () => {
  const net = '100.98.3';
  const line = `${net}.10..${net}.19`;
  let networkId: string;
  let range: RangeView;
  let before: KubeObject;

  beforeAll(async () => {
    before = await makeSubnet('theirs', net, [`${net}.200..${net}.210`]);
    networkId = await adopt('theirs', net);
    range = await createRange(networkId, net);
  });

  it('says which line to add, and that it is the caller who has to', async () => {
    const view = await eventually(async () => {
      const seen = await stage.api.must<View>('GET', `/v1/ip-ranges/${range.id}`);
      expect(conditionOf(seen, 'Excluded').reason).toBe('NotExcluded');
      return seen;
    });
    expect(conditionOf(view, 'Excluded')).toMatchObject({
      params: { exclude_ips: line },
      waiting_on: 'caller',
    });
    expect(await addressState(stage.database, networkId, `${net}.10`)).toBeUndefined();
  });

  it('changes nothing of the subnet', async () => {
    await stage.lookAgain();
    expect(await subnetOf('theirs')).toEqual(before);
  });

  it('adds its line beside the others once it may, and hands out its addresses', async () => {
    const body = { manage_exclude_ips: true };
    await stage.api.must('PATCH', `/v1/ip-ranges/${range.id}`, { body });
    await readyRange(range.id);
    const { spec, metadata } = await subnetOf('theirs');
    expect(spec).toEqual({ ...before.spec, excludeIps: [`${net}.1`, line, `${net}.200..${net}.210`].sort() });
    expect(metadata.labels).toEqual(before.metadata.labels);
    expect(await addressState(stage.database, networkId, `${net}.10`)).toBe('free');
  });

  it('takes its line back when it is deleted', async () => {
    await stage.api.must('DELETE', `/v1/ip-ranges/${range.id}`);
    await stage.gone(`/v1/ip-ranges/${range.id}`);
    expect((await subnetOf('theirs')).spec).toEqual(before.spec);
  });
});

describe('the CIDRs of a cluster', () => {
  it('are kept from projects, with no word of whose they are', async () => {
    await stage.stranger.create(kubeTypes.Vpc, foreign(kubeTypes.Vpc, 'secret-vpc', { spec: {} }));
    const spec = { vpc: 'secret-vpc', cidrBlock: '10.1.0.0/16', protocol: 'IPv4' };
    await stage.stranger.create(Subnet, foreign(Subnet, 'secret-subnet', { spec }));
    await stage.lookAgain();
    const cluster = await stage.api.must<{ reserved_cidrs: readonly object[] }>(
      'GET',
      `/v1/clusters/${stage.world.clusterId}`,
    );
    expect(cluster.reserved_cidrs).toEqual(
      expect.arrayContaining([
        { cidr: '10.100.0.0/16', reserved_by: 'management pods, subnet ovn-default' },
        { cidr: '10.101.0.0/16', reserved_by: 'services' },
        { cidr: '10.1.0.0/16', reserved_by: 'another network of the cluster' },
      ]),
    );
    const body = projectBody(stage.world.acmeId, { cidr: '10.1.4.0/22' });
    const refused = await stage.api.call('POST', '/v1/projects', { as: 'acme_owner', body });
    expect(refused.status).toBeGreaterThanOrEqual(400);
    expect(refused.text).not.toContain('secret');
  });
});
