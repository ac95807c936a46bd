import { describe, expect, it } from 'vitest';
import { clusterBody } from '../../support/builders/cluster.builder.ts';
import { eipBody } from '../../support/builders/eip.builder.ts';
import { externalNetworkBody } from '../../support/builders/external-network.builder.ts';
import { ipRangeBody } from '../../support/builders/ip-range.builder.ts';
import { projectBody } from '../../support/builders/project.builder.ts';
import { expectRefusal, unknownId } from '../support/refusals.ts';
import { useStage } from '../support/stage.ts';
import type { Page, ProjectView, View } from '../support/views.ts';
import { useWorker } from '../support/worker.ts';

const stage = useStage();
const worker = useWorker(stage);

const path = '/v1/external-networks';

async function create(cidr: string, changes: object = {}): Promise<View> {
  const body = externalNetworkBody(stage.world.clusterId, cidr, changes);
  return stage.api.must<View>('POST', path, { body });
}

async function refused(cidr: string, changes: object) {
  const valid = externalNetworkBody(stage.world.clusterId, '100.127.0.0/24');
  return stage.api.call('POST', path, { body: { ...valid, cidr, ...changes } });
}

describe('creating an external network', () => {
  it('answers what was sent beside its family and its empty pool', async () => {
    const body = externalNetworkBody(stage.world.clusterId, '100.96.0.0/24', {
      type: 'public',
      gateway: '100.96.0.254',
      vlan_id: 0,
      provider_network: 'ext-public',
      labels: { rack: 'a1' },
    });
    const created = await stage.api.call<View>('POST', path, { body });
    expect(created.status).toBe(201);
    expect(created.headers.get('location')).toBe(`${path}/${created.body.id}`);
    expect(created.body).toMatchObject({
      ...body,
      adopt_subnet: null,
      family: 'ipv4',
      has_free: false,
      addresses: {
        free: 0,
        reserved: 0,
        allocated: 0,
        releasing: 0,
        quarantined: 0,
        blocked: 0,
        router_port: 0,
      },
      revision: 1,
      status: { phase: 'pending', conditions: [], observed_revision: 0 },
    });
    expect((await stage.api.call('GET', `${path}/${created.body.id}`)).text).toBe(created.text);
  });

  it('takes an existing Subnet instead of a provider network, with or without a VLAN', async () => {
    const adopted = await create('100.96.1.0/24', {
      provider_network: null,
      vlan_id: null,
      adopt_subnet: 'ovn-external.local',
    });
    expect(adopted).toMatchObject({
      provider_network: null,
      vlan_id: null,
      adopt_subnet: 'ovn-external.local',
    });
  });

  it('refuses a CIDR with host bits and shows the canonical form', async () => {
    const params = { canonical: '100.127.0.0/24' };
    const answer = await refused('100.127.0.1/24', {});
    expectRefusal(answer, { status: 422, code: 'non_canonical', pointer: '/cidr', params });
  });

  it.each([
    ['no CIDR', 'nonsense', {}, '/cidr'],
    ['zeros that could be octal', '100.127.000.0/24', {}, '/cidr'],
    ['a /7', '100.0.0.0/7', {}, '/cidr'],
    ['a /31', '100.127.0.0/31', { gateway: '100.127.0.1' }, '/cidr'],
    ['the network address as gateway', '100.127.0.0/24', { gateway: '100.127.0.0' }, '/gateway'],
    ['the broadcast address as gateway', '100.127.0.0/24', { gateway: '100.127.0.255' }, '/gateway'],
    ['a gateway elsewhere', '100.127.0.0/24', { gateway: '100.127.1.1' }, '/gateway'],
    ['a gateway that is none', '100.127.0.0/24', { gateway: 'router' }, '/gateway'],
    ['both origins', '100.127.0.0/24', { adopt_subnet: 'other' }, '/provider_network'],
    ['no origin', '100.127.0.0/24', { provider_network: null }, '/provider_network'],
    ['a provider network without VLAN', '100.127.0.0/24', { vlan_id: null }, '/vlan_id'],
  ])('refuses %s', async (_, cidr, changes, pointer) => {
    expectRefusal(await refused(cidr, changes), { status: 422, code: 'validation_failed', pointer });
  });

  it('refuses IPv6 as not supported yet', async () => {
    const params = { family: 'ipv6' };
    const byCidr = await refused('2001:db8::/64', { gateway: '2001:db8::1' });
    expectRefusal(byCidr, { status: 422, code: 'unsupported', pointer: '/cidr', params });
    const byGateway = await refused('100.127.0.0/24', { gateway: '2001:db8::1' });
    expectRefusal(byGateway, { status: 422, code: 'unsupported', pointer: '/gateway', params });
  });

  it.each([
    [{ type: 'private' }, '/type'],
    [{ vlan_id: 4095 }, '/vlan_id'],
    [{ vlan_id: '100' }, '/vlan_id'],
    [{ provider_network: 'thirteen-char' }, '/provider_network'],
    [{ adopt_subnet: 'Not A Name' }, '/adopt_subnet'],
    [{ name: 'Upper' }, '/name'],
  ])('refuses %o as malformed', async (changes, pointer) => {
    const problem = expectRefusal(await refused('100.127.0.0/24', changes), {
      status: 400,
      code: 'invalid_request',
    });
    expect(problem.errors.map((error) => error.pointer)).toContain(pointer);
  });

  it('refuses a CIDR that overlaps another network of the cluster, also at the same instant', async () => {
    await create('100.97.0.0/20');
    const inside = await refused('100.97.8.0/24', { gateway: '100.97.8.1' });
    expectRefusal(inside, { status: 409, code: 'cidr_in_use', pointer: '/cidr' });
    const racers = await Promise.all(
      Array.from({ length: 8 }, () =>
        stage.api.call('POST', path, { body: externalNetworkBody(stage.world.clusterId, '100.98.0.0/24') }),
      ),
    );
    expect(racers.map((answer) => answer.status).sort()).toEqual([201, ...Array(7).fill(409)]);
  });

  it('refuses a VLAN that another network of the cluster has on that provider network', async () => {
    const first = { provider_network: 'ext-vlans', vlan_id: 7 };
    const { id } = await create('100.110.0.0/24', first);
    const second = await refused('100.127.0.0/24', first);
    expectRefusal(second, { status: 409, code: 'vlan_in_use', pointer: '/vlan_id' });
    await create('100.110.1.0/24', { ...first, vlan_id: 8 });
    await create('100.110.2.0/24', { ...first, provider_network: 'ext-other' });
    await stage.api.call('DELETE', `${path}/${id}`);
    await worker.finish('external-network', id);
    await create('100.110.3.0/24', first);
  });

  it('takes the same CIDR on another cluster', async () => {
    const { id } = await stage.api.must<View>('POST', '/v1/clusters', { body: clusterBody() });
    const body = externalNetworkBody(id, '100.65.0.0/16');
    expect((await stage.api.call('POST', path, { body })).status).toBe(201);
  });

  it('refuses a CIDR that a project has', async () => {
    const { cidr } = await stage.api.must<ProjectView>('POST', '/v1/projects', {
      body: projectBody(stage.world.acmeId),
    });
    const [first = ''] = cidr.split('/');
    const answer = await refused(cidr, { gateway: first.replace(/0$/, '1') });
    expectRefusal(answer, { status: 409, code: 'cidr_in_use', pointer: '/cidr' });
  });

  it('refuses a name that its cluster has and names who has it', async () => {
    const { id, name } = await create('100.99.0.0/24');
    const answer = await refused('100.127.0.0/24', { name });
    const holder = { kind: 'external-network', id };
    expectRefusal(answer, { status: 409, code: 'name_taken', pointer: '/name', holder });
  });

  it('refuses a cluster that nobody knows, and one that is being deleted', async () => {
    const unknown = await refused('100.127.0.0/24', { cluster_id: unknownId('cluster') });
    expectRefusal(unknown, { status: 404, code: 'not_found', pointer: '/cluster_id' });
    const cluster = await stage.api.must<View>('POST', '/v1/clusters', { body: clusterBody() });
    await stage.database.owner.query(`update cluster set kube_system_uid = 'a' where name = $1`, [
      cluster.name,
    ]);
    await stage.api.must('DELETE', `/v1/clusters/${cluster.id}`);
    const deleting = await refused('100.127.0.0/24', { cluster_id: cluster.id });
    expectRefusal(deleting, { status: 409, code: 'being_deleted', pointer: '/cluster_id' });
  });

  it('is for platform administrators only', async () => {
    const body = externalNetworkBody(stage.world.clusterId, '100.127.0.0/24');
    const answer = await stage.api.call('POST', path, { as: 'acme_owner', body });
    expectRefusal(answer, { status: 403, code: 'forbidden' });
  });
});

describe('reading external networks', () => {
  it('shows members a summary with whether an address can be had, and never how many', async () => {
    const { publicId, clusterId } = stage.world;
    const summary = {
      id: publicId,
      name: 'ext-public',
      type: 'public',
      family: 'ipv4',
      cluster_id: clusterId,
    };
    const one = await stage.api.must('GET', `${path}/${publicId}`, { as: 'acme_viewer' });
    expect(one).toEqual({ ...summary, has_free: true });
    const page = await stage.api.must<Page>('GET', path, { as: 'acme_viewer' });
    const keys = ['id', 'name', 'type', 'family', 'cluster_id', 'has_free'].sort();
    for (const item of page.items) expect(Object.keys(item).sort()).toEqual(keys);
  });

  it('counts the addresses of its ranges by state for the platform', async () => {
    await stage.api.must('POST', '/v1/projects', {
      body: projectBody(stage.world.acmeId, { egress_network: 'public' }),
    });
    const network = await stage.api.must('GET', `${path}/${stage.world.publicId}`);
    expect(network).toMatchObject({
      has_free: true,
      addresses: {
        free: 10,
        allocated: 1,
        router_port: 1,
        reserved: 0,
        releasing: 0,
        quarantined: 0,
        blocked: 0,
      },
    });
  });

  it('filters by id, name, prefix, labels, phase, type, cluster and time of change', async () => {
    const one = await create('100.100.0.0/24', { name: 'filter-one', labels: { colour: 'red' } });
    const two = await create('100.100.1.0/24', { name: 'filter-two', type: 'public' });
    await worker.report('external-network', one.id, 'ready');
    const idsOf = async (query: string) =>
      (await stage.api.must<Page>('GET', `${path}?q=filter-&${query}`)).items.map((item) => item.id);
    expect(await idsOf(`id=${two.id}`)).toEqual([two.id]);
    expect(await idsOf('name=filter-one')).toEqual([one.id]);
    expect(await idsOf('labels=colour')).toEqual([one.id]);
    expect(await idsOf('phase=ready')).toEqual([one.id]);
    expect(await idsOf('type=public')).toEqual([two.id]);
    expect(await idsOf(`cluster_id=${stage.world.clusterId}&sort=name`)).toEqual([one.id, two.id]);
    expect(await idsOf(`cluster_id=${unknownId('cluster')}`)).toEqual([]);
    expect(await idsOf(`updated_after=${one.updated_at}`)).toEqual([two.id]);
  });
});

describe('changing and deleting an external network', () => {
  it('merges labels', async () => {
    const made = await create('100.101.0.0/24', { labels: { a: '1' } });
    const changed = await stage.api.must<View>('PATCH', `${path}/${made.id}`, {
      body: { labels: { b: '2' } },
    });
    expect(changed).toMatchObject({ labels: { a: '1', b: '2' }, revision: 2 });
    const cleared = await stage.api.must<View>('PATCH', `${path}/${made.id}`, { body: { labels: null } });
    expect(cleared).toMatchObject({ labels: {}, revision: 3 });
    expect(await stage.api.must('PATCH', `${path}/${made.id}`, { body: {} })).toEqual(cleared);
  });

  it('reads deleting until the cluster has let go, then gives name and CIDR back', async () => {
    const made = await create('100.102.0.0/24', { name: 'comes-back' });
    for (const _ of ['first', 'again']) {
      const answer = await stage.api.call<View>('DELETE', `${path}/${made.id}`);
      expect([answer.status, answer.body.status.phase]).toEqual([202, 'deleting']);
    }
    await worker.finish('external-network', made.id);
    const gone = await stage.api.call('GET', `${path}/${made.id}`);
    expectRefusal(gone, { status: 404, code: 'not_found' });
    expect((await create('100.102.0.0/24', { name: 'comes-back' })).id).not.toBe(made.id);
  });

  it('is refused while a range, a project or an EIP uses it, and says which', async () => {
    const { id } = await create('100.103.0.0/24');
    const range = ipRangeBody(id, { first: '100.103.0.10', last: '100.103.0.20' });
    const { id: rangeId } = await stage.api.must<View>('POST', '/v1/ip-ranges', { body: range });
    const answer = await stage.api.call('DELETE', `${path}/${id}`);
    const holder = { kind: 'ip-range', id: rangeId };
    expectRefusal(answer, { status: 409, code: 'has_dependents', holder });
    await stage.api.must('DELETE', `/v1/ip-ranges/${rangeId}`);
    expect((await stage.api.call('DELETE', `${path}/${id}`)).status).toBe(202);
  });

  it('takes no range, EIP or project while it is being deleted', async () => {
    const { id } = await create('100.104.0.0/24');
    await stage.api.must('DELETE', `${path}/${id}`);
    const range = ipRangeBody(id, { first: '100.104.0.10', last: '100.104.0.20' });
    const byRange = await stage.api.call('POST', '/v1/ip-ranges', { body: range });
    expectRefusal(byRange, { status: 409, code: 'being_deleted', pointer: '/external_network_id' });
    const project = projectBody(stage.world.acmeId, { egress_network: id });
    const byProject = await stage.api.call('POST', '/v1/projects', { body: project });
    expectRefusal(byProject, { status: 409, code: 'being_deleted', pointer: '/egress_network' });
    const { id: projectId } = await stage.api.must<View>('POST', '/v1/projects', {
      body: projectBody(stage.world.acmeId),
    });
    const byEip = await stage.api.call('POST', '/v1/eips', { body: eipBody(projectId, { network: id }) });
    expectRefusal(byEip, { status: 409, code: 'being_deleted', pointer: '/network' });
  });
});
