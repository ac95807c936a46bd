import { describe, expect, it } from 'vitest';
import { clusterBody } from '../../support/builders/cluster.builder.ts';
import { eipBody } from '../../support/builders/eip.builder.ts';
import { externalNetworkBody } from '../../support/builders/external-network.builder.ts';
import { ipRangeBody } from '../../support/builders/ip-range.builder.ts';
import { projectBody } from '../../support/builders/project.builder.ts';
import { createLoadedRange, loadAddresses } from '../../support/world.ts';
import { expectRefusal, unknownId } from '../support/refusals.ts';
import { useStage } from '../support/stage.ts';
import type { EipView, Page, ProjectView, View } from '../support/views.ts';
import { useWorker } from '../support/worker.ts';

const stage = useStage();
const worker = useWorker(stage);

const path = '/v1/ip-ranges';

async function networkOf(cidr: string, clusterId = stage.world.clusterId): Promise<string> {
  const body = externalNetworkBody(clusterId, cidr);
  return (await stage.api.must<View>('POST', '/v1/external-networks', { body })).id;
}

async function projectOn(networkId: string): Promise<ProjectView> {
  const body = projectBody(stage.world.acmeId, { egress_network: networkId });
  return stage.api.must<ProjectView>('POST', '/v1/projects', { body });
}

async function create(networkId: string, first: string, last: string, changes: object = {}): Promise<View> {
  return stage.api.must<View>('POST', path, { body: ipRangeBody(networkId, { first, last }, changes) });
}

async function statesOf(networkId: string): Promise<Record<string, number>> {
  const { addresses } = await stage.api.must<{ addresses: Record<string, number> }>(
    'GET',
    `/v1/external-networks/${networkId}`,
  );
  return Object.fromEntries(Object.entries(addresses).filter(([, count]) => count > 0));
}

describe('creating a range', () => {
  it('answers what was sent beside its size, cluster and family', async () => {
    const networkId = await networkOf('100.96.0.0/24');
    const reservations = [{ first: '100.96.0.20', last: '100.96.0.29', reason: 'printers' }];
    const body = ipRangeBody(
      networkId,
      { first: '100.96.0.10', last: '100.96.0.109' },
      { reservations, manage_exclude_ips: true, labels: { pool: 'a' } },
    );
    const created = await stage.api.call<View>('POST', path, { body });
    expect(created.status).toBe(201);
    expect(created.headers.get('location')).toBe(`${path}/${created.body.id}`);
    expect(created.body).toMatchObject({
      ...body,
      cluster_id: stage.world.clusterId,
      family: 'ipv4',
      size: 100,
      revision: 1,
      status: { phase: 'pending', conditions: [] },
    });
    expect((await stage.api.call('GET', `${path}/${created.body.id}`)).text).toBe(created.text);
  });

  it('has no reservations and leaves excludeIps alone where nothing is sent', async () => {
    const networkId = await networkOf('100.96.1.0/24');
    const made = await create(networkId, '100.96.1.10', '100.96.1.10');
    expect(made).toMatchObject({ reservations: [], manage_exclude_ips: false, size: 1, labels: {} });
  });

  it('hands out nothing before its survey, and then neither reservations nor the gateway', async () => {
    const networkId = await networkOf('100.96.2.0/24');
    const reservations = [{ first: '100.96.2.2', last: '100.96.2.3', reason: 'routers' }];
    const { id } = await create(networkId, '100.96.2.1', '100.96.2.6', { reservations });
    expect(await statesOf(networkId)).toEqual({});
    await loadAddresses(stage.database, id);
    expect(await statesOf(networkId)).toEqual({ free: 3, reserved: 3 });
    const project = await projectOn(networkId);
    const gateway = await stage.api.must<EipView>('GET', `/v1/eips/${project.gateway_eip_id}`);
    expect(gateway.address).toBe('100.96.2.4');
    const named = eipBody(project.id, { network: networkId, address: '100.96.2.1' });
    const refused = await stage.api.call('POST', '/v1/eips', { body: named });
    expectRefusal(refused, { status: 409, code: 'address_in_use', pointer: '/address', holder: null });
  });

  it('refuses more than a /12 and says how much is allowed', async () => {
    const { id } = await stage.api.must<View>('POST', '/v1/clusters', { body: clusterBody() });
    const networkId = await networkOf('100.64.0.0/10', id);
    const body = ipRangeBody(networkId, { first: '100.64.0.1', last: '100.80.0.1' });
    const refused = await stage.api.call('POST', path, { body });
    const params = { addresses: 1_048_577, addresses_max: 1_048_576 };
    expectRefusal(refused, { status: 422, code: 'too_large', pointer: '/last', params });
  });

  it('refuses an overlap with another range of the network, also at the same instant', async () => {
    const networkId = await networkOf('100.97.0.0/24');
    await create(networkId, '100.97.0.10', '100.97.0.20');
    for (const [first, last] of [
      ['100.97.0.20', '100.97.0.30'],
      ['100.97.0.5', '100.97.0.10'],
      ['100.97.0.12', '100.97.0.13'],
    ] as const) {
      const refused = await stage.api.call('POST', path, { body: ipRangeBody(networkId, { first, last }) });
      expectRefusal(refused, { status: 409, code: 'range_overlaps', pointer: '/first' });
    }
    await create(networkId, '100.97.0.21', '100.97.0.30');
    const span = { first: '100.97.0.40', last: '100.97.0.50' };
    const racers = await Promise.all(
      Array.from({ length: 8 }, () => stage.api.call('POST', path, { body: ipRangeBody(networkId, span) })),
    );
    expect(racers.map((answer) => answer.status).sort()).toEqual([201, ...Array(7).fill(409)]);
  });

  it.each([
    ['outside the network', '100.65.255.250', '100.66.0.10', 'address_out_of_range', '/first'],
    ['with the network address', '100.65.0.0', '100.65.0.10', 'address_out_of_range', '/first'],
    ['with the broadcast address', '100.65.255.250', '100.65.255.255', 'address_out_of_range', '/first'],
    ['that ends before it begins', '100.65.9.10', '100.65.9.9', 'validation_failed', '/first'],
    ['without a first address', 'first', '100.65.9.9', 'validation_failed', '/first'],
    ['without a last address', '100.65.9.9', '100.65.9', 'validation_failed', '/last'],
    ['of IPv6', '2001:db8::1', '2001:db8::9', 'unsupported', '/first'],
  ])('refuses a range %s', async (_, first, last, code, pointer) => {
    const body = ipRangeBody(stage.world.cloudId, { first, last });
    expectRefusal(await stage.api.call('POST', path, { body }), { status: 422, code, pointer });
  });

  it.each([
    [
      'outside its range',
      { first: '100.65.9.1', last: '100.65.9.25' },
      'address_out_of_range',
      '/reservations/0',
    ],
    ['backwards', { first: '100.65.9.15', last: '100.65.9.11' }, 'address_out_of_range', '/reservations/0'],
    ['that is no address', { first: 'x', last: '100.65.9.11' }, 'validation_failed', '/reservations/0/first'],
  ])('refuses a reservation %s', async (_, reservation, code, pointer) => {
    const body = ipRangeBody(
      stage.world.cloudId,
      { first: '100.65.9.10', last: '100.65.9.20' },
      { reservations: [{ ...reservation, reason: 'test' }] },
    );
    expectRefusal(await stage.api.call('POST', path, { body }), { status: 422, code, pointer });
  });

  it('takes 256 reservations and not one more', async () => {
    const networkId = await networkOf('100.98.0.0/20');
    const reservationsOf = (count: number) =>
      Array.from({ length: count }, (_, index) => {
        const address = `100.98.${2 + Math.floor(index / 250)}.${(index % 250) + 1}`;
        return { first: address, last: address, reason: 'test' };
      });
    const span = { first: '100.98.2.1', last: '100.98.3.255' };
    const bodyOf = (count: number) => ipRangeBody(networkId, span, { reservations: reservationsOf(count) });
    const refused = await stage.api.call('POST', path, { body: bodyOf(257) });
    expectRefusal(refused, { status: 400, code: 'invalid_request', pointer: '/reservations' });
    expect((await stage.api.call('POST', path, { body: bodyOf(256) })).status).toBe(201);
  });

  it('refuses a network that nobody knows', async () => {
    const body = ipRangeBody(unknownId('external-network'), { first: '10.0.0.1', last: '10.0.0.2' });
    const refused = await stage.api.call('POST', path, { body });
    expectRefusal(refused, { status: 404, code: 'not_found', pointer: '/external_network_id' });
  });
});

describe('reading ranges', () => {
  it('is for platform administrators only', async () => {
    const { id } = await create(await networkOf('100.99.0.0/24'), '100.99.0.10', '100.99.0.20');
    const body = ipRangeBody(stage.world.cloudId, { first: '100.65.9.1', last: '100.65.9.2' });
    for (const as of ['acme_owner', 'acme_viewer']) {
      for (const [method, where, sent] of [
        ['GET', path],
        ['GET', `${path}/${id}`],
        ['POST', path, body],
        ['PATCH', `${path}/${id}`, {}],
        ['DELETE', `${path}/${id}`],
      ] as const) {
        expectRefusal(await stage.api.call(method, where, { as, body: sent }), {
          status: 403,
          code: 'forbidden',
        });
      }
    }
  });

  it('filters by id, labels, phase, network, cluster and time of change', async () => {
    const networkId = await networkOf('100.99.1.0/24');
    const one = await create(networkId, '100.99.1.10', '100.99.1.20', { labels: { colour: 'red' } });
    const two = await create(networkId, '100.99.1.30', '100.99.1.40');
    await worker.report('ip-range', two.id, 'ready');
    const idsOf = async (query: string) =>
      (await stage.api.must<Page>('GET', `${path}?external_network_id=${networkId}&${query}`)).items.map(
        (item) => item.id,
      );
    expect(await idsOf('limit=200')).toEqual([two.id, one.id]);
    expect(await idsOf(`id=${one.id}`)).toEqual([one.id]);
    expect(await idsOf('labels=colour%20in%20(red)')).toEqual([one.id]);
    expect(await idsOf('phase=ready')).toEqual([two.id]);
    expect(await idsOf(`cluster_id=${unknownId('cluster')}`)).toEqual([]);
    expect(await idsOf(`updated_after=${one.updated_at}`)).toEqual([two.id]);
  });
});

describe('changing and deleting a range', () => {
  it('merges labels and whether it manages excludeIps', async () => {
    const made = await create(await networkOf('100.100.0.0/24'), '100.100.0.10', '100.100.0.20', {
      labels: { a: '1' },
    });
    const changed = await stage.api.must<View>('PATCH', `${path}/${made.id}`, {
      body: { manage_exclude_ips: true, labels: { b: '2' } },
    });
    expect(changed).toMatchObject({ manage_exclude_ips: true, labels: { a: '1', b: '2' }, revision: 2 });
    const cleared = await stage.api.must<View>('PATCH', `${path}/${made.id}`, { body: { labels: null } });
    expect(cleared).toMatchObject({ manage_exclude_ips: true, labels: {}, revision: 3 });
    expect(await stage.api.must('PATCH', `${path}/${made.id}`, { body: {} })).toEqual(cleared);
  });

  it('takes its free addresses out of the pool at once and ends when the cluster agrees', async () => {
    const networkId = await networkOf('100.100.1.0/24');
    const id = await createLoadedRange(stage.api, stage.database, networkId, {
      first: '100.100.1.10',
      last: '100.100.1.20',
    });
    for (const _ of ['first', 'again']) {
      const deleting = await stage.api.call<View>('DELETE', `${path}/${id}`);
      expect([deleting.status, deleting.body.status.phase]).toEqual([202, 'deleting']);
    }
    expect(await statesOf(networkId)).toEqual({});
    await worker.finish('ip-range', id);
    expectRefusal(await stage.api.call('GET', `${path}/${id}`), { status: 404, code: 'not_found' });
  });

  it('is refused while an address of it is held, and leaves every address as it was', async () => {
    const networkId = await networkOf('100.100.2.0/24');
    const span = { first: '100.100.2.10', last: '100.100.2.20' };
    const id = await createLoadedRange(stage.api, stage.database, networkId, span);
    await projectOn(networkId);
    const refused = await stage.api.call('DELETE', `${path}/${id}`);
    expectRefusal(refused, { status: 409, code: 'has_dependents', params: { addresses: 2 } });
    expect(await statesOf(networkId)).toEqual({ free: 9, allocated: 1, router_port: 1 });
  });

  it('gives its addresses in quarantine back to nobody, their last holder included', async () => {
    const networkId = await networkOf('100.100.4.0/24');
    const span = { first: '100.100.4.10', last: '100.100.4.20' };
    const id = await createLoadedRange(stage.api, stage.database, networkId, span);
    const project = await stage.api.must<ProjectView>('POST', '/v1/projects', {
      body: projectBody(stage.world.acmeId),
    });
    const body = () => eipBody(project.id, { network: networkId });
    const [resting, releasing] = [
      await stage.api.must<EipView>('POST', '/v1/eips', { body: body() }),
      await stage.api.must<EipView>('POST', '/v1/eips', { body: body() }),
    ];
    await stage.api.must('DELETE', `/v1/eips/${resting.id}`);
    await worker.finish('eip', resting.id);
    await stage.api.must('DELETE', `/v1/eips/${releasing.id}`);
    expect((await stage.api.call('DELETE', `${path}/${id}`)).status).toBe(202);
    await worker.finish('eip', releasing.id);
    for (const address of [undefined, resting.address, releasing.address]) {
      const refused = await stage.api.call('POST', '/v1/eips', { body: { ...body(), address } });
      expect(refused.status).toBe(409);
    }
    await worker.endQuarantine(networkId);
    await worker.finish('ip-range', id);
    expect(await statesOf(networkId)).toEqual({});
  });

  it('is not held up by what is itself being deleted', async () => {
    const networkId = await networkOf('100.100.3.0/24');
    const span = { first: '100.100.3.10', last: '100.100.3.20' };
    const id = await createLoadedRange(stage.api, stage.database, networkId, span);
    const project = await projectOn(networkId);
    await stage.api.must('DELETE', `/v1/projects/${project.id}`);
    expect((await stage.api.call('DELETE', `${path}/${id}`)).status).toBe(202);
  });
});
