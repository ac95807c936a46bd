import { beforeAll, describe, expect, it } from 'vitest';
import { clusterBody } from '../../support/builders/cluster.builder.ts';
import { eipBody } from '../../support/builders/eip.builder.ts';
import { externalNetworkBody } from '../../support/builders/external-network.builder.ts';
import { projectBody } from '../../support/builders/project.builder.ts';
import { createLoadedRange } from '../../support/world.ts';
import { auditOf, eventsOf } from '../support/ledger.ts';
import { expectRefusal, unknownId } from '../support/refusals.ts';
import { roomyQuotas, useStage } from '../support/stage.ts';
import type { EipView, Page, ProjectView, View } from '../support/views.ts';
import { useWorker } from '../support/worker.ts';

const stage = useStage({ environment: roomyQuotas });
const worker = useWorker(stage);
const path = '/v1/eips';

let project: ProjectView;
beforeAll(async () => {
  project = await newProject();
});

async function newProject(changes: object = {}): Promise<ProjectView> {
  return stage.api.must<ProjectView>('POST', '/v1/projects', {
    body: projectBody(stage.world.acmeId, changes),
  });
}

async function create(changes: object = {}, as = 'acme_developer'): Promise<EipView> {
  return stage.api.must<EipView>('POST', path, { as, body: eipBody(project.id, changes) });
}

describe('creating an EIP', () => {
  it('answers what was sent beside what Netplane chose', async () => {
    const body = eipBody(project.id, {
      network: 'public',
      address: '168.119.17.60',
      labels: { 'app.example/name': 'web', empty: '' },
    });
    const created = await stage.api.call<EipView>('POST', path, { as: 'acme_developer', body });
    expect(created.status).toBe(201);
    expect(created.headers.get('location')).toBe(`${path}/${created.body.id}`);
    expect(created.body).toEqual({
      ...body,
      id: expect.stringMatching(/^eip_/),
      organization_id: stage.world.acmeId,
      network_id: stage.world.publicId,
      network_type: 'public',
      family: 'ipv4',
      purpose: 'general',
      attached_to: [],
      managed_by: null,
      provisioned_at: null,
      revision: 1,
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      updated_at: created.body.created_at,
      status: {
        phase: 'pending',
        conditions: [],
        revision: 1,
        observed_revision: 0,
        updated_at: created.body.created_at,
        next_try_at: null,
        message: '',
      },
    });
    expect((await stage.api.call('GET', `${path}/${created.body.id}`)).text).toBe(created.text);
  });

  it.each([
    ['the project’s egress network where none is sent', {}],
    ['the same for auto', { network: 'auto', address: 'auto' }],
  ])('takes %s', async (_, changes) => {
    const egress = await newProject({ egress_network: 'public' });
    const body = eipBody(egress.id, changes);
    const made = await stage.api.must<EipView>('POST', path, { body });
    expect(made).toMatchObject({
      network: 'public',
      network_id: stage.world.publicId,
      network_type: 'public',
    });
  });

  it('answers the id of a network where the id was sent', async () => {
    const network = stage.world.publicId;
    expect(await create({ network })).toMatchObject({ network, network_id: network, network_type: 'public' });
    const byWord = await create({ network: 'cloud' });
    expect(byWord).toMatchObject({ network: 'cloud', network_id: stage.world.cloudId });
  });

  it('leaves an event, an audit row with who asked, and work, in the same commit', async () => {
    const body = eipBody(project.id, { labels: { a: 'b' } });
    const headers = { 'x-request-id': 'seen-in-audit' };
    const { id, address } = await stage.api.must<EipView>('POST', path, {
      as: 'acme_developer',
      body,
      headers,
    });
    expect(await eventsOf(stage.database, 'eip', id)).toEqual(['created']);
    const changes = { name: body.name, network: 'cloud', address, labels: { a: 'b' } };
    expect(await auditOf(stage.database, 'eip', id)).toEqual([
      {
        operation: 'eip.create',
        subject: 'acme-developer',
        email: 'developer@acme.example',
        request_id: 'seen-in-audit',
        changes,
      },
    ]);
    await worker.report('eip', id, 'ready');
  });

  it.each([
    ['a network that nobody knows', { network: unknownId('external-network') }, 404, 'not_found', '/network'],
    ['an address that is none', { address: '100.65.0' }, 422, 'validation_failed', '/address'],
    ['an address that could be octal', { address: '100.65.000.120' }, 422, 'validation_failed', '/address'],
    ['IPv6', { address: '2001:db8::1' }, 422, 'unsupported', '/address'],
    ['a network that is no word', { network: 'internet' }, 400, 'invalid_request', '/network'],
    ['a number for an address', { address: 5 }, 400, 'invalid_request', '/address'],
    ['a name with an upper-case letter', { name: 'Web' }, 400, 'invalid_request', '/name'],
    ['a name of 64 characters', { name: 'w'.repeat(64) }, 400, 'invalid_request', '/name'],
    ['a label that is a number', { labels: { a: 1 } }, 400, 'invalid_request', '/labels/a'],
    ['a field that it does not know', { colour: 'red' }, 400, 'invalid_request', '/colour'],
  ])('refuses %s', async (_, changes, status, code, pointer) => {
    const body = { ...eipBody(project.id), ...changes };
    expectRefusal(await stage.api.call('POST', path, { body }), { status, code, pointer });
  });

  it('refuses a network of another cluster as if it did not exist', async () => {
    const { id: clusterId } = await stage.api.must<View>('POST', '/v1/clusters', { body: clusterBody() });
    const network = externalNetworkBody(clusterId, '100.96.0.0/24');
    const { id } = await stage.api.must<View>('POST', '/v1/external-networks', { body: network });
    const refused = await stage.api.call('POST', path, { body: eipBody(project.id, { network: id }) });
    expectRefusal(refused, { status: 404, code: 'not_found', pointer: '/network' });
  });

  it('says that no network of the type serves the cluster', async () => {
    const { id: clusterId } = await stage.api.must<View>('POST', '/v1/clusters', { body: clusterBody() });
    const network = externalNetworkBody(clusterId, '100.96.0.0/24');
    const { id } = await stage.api.must<View>('POST', '/v1/external-networks', { body: network });
    const span = { first: '100.96.0.10', last: '100.96.0.20' };
    await createLoadedRange(stage.api, stage.database, id, span);
    const elsewhere = await newProject({ cluster_id: clusterId });
    const body = eipBody(elsewhere.id, { network: 'public' });
    const refused = await stage.api.call('POST', path, { body });
    const params = { network: 'public' };
    expectRefusal(refused, { status: 409, code: 'network_unavailable', pointer: '/network', params });
  });

  it('refuses a name that its project has and names who has it; another project may use it', async () => {
    const { id, name } = await create();
    const refused = await stage.api.call('POST', path, {
      as: 'acme_owner',
      body: eipBody(project.id, { name }),
    });
    const holder = { kind: 'eip', id };
    expectRefusal(refused, { status: 409, code: 'name_taken', pointer: '/name', holder });
    const elsewhere = await newProject();
    expect((await stage.api.call('POST', path, { body: eipBody(elsewhere.id, { name }) })).status).toBe(201);
  });

  it('is for owners and developers: viewers are told so, strangers nothing', async () => {
    const body = eipBody(project.id);
    const viewer = await stage.api.call('POST', path, { as: 'acme_viewer', body });
    expectRefusal(viewer, { status: 403, code: 'forbidden', params: { operation: 'eip.create' } });
    const stranger = await stage.api.call('POST', path, { as: 'other_owner', body });
    expectRefusal(stranger, { status: 404, code: 'not_found', pointer: '/project_id' });
    const unknown = await stage.api.call('POST', path, { body: eipBody(unknownId('project')) });
    expectRefusal(unknown, { status: 404, code: 'not_found', pointer: '/project_id' });
  });
});

describe('reading EIPs', () => {
  it('filters by id, name, prefix, labels, phase, address, purpose, parents and time of change', async () => {
    const elsewhere = await newProject();
    const within = { project_id: elsewhere.id };
    const one = await create({ ...within, name: 'filter-one', labels: { colour: 'red' } });
    const two = await create({ ...within, name: 'filter-two', network: 'public' });
    await worker.report('eip', two.id, 'ready');
    const idsOf = async (query: string) =>
      (await stage.api.must<Page>('GET', `${path}?project_id=${elsewhere.id}&${query}`)).items.map(
        (item) => item.id,
      );
    expect(await idsOf('limit=9')).toEqual([two.id, one.id, elsewhere.gateway_eip_id]);
    expect(await idsOf(`id=${one.id}&id=${unknownId('eip')}`)).toEqual([one.id]);
    expect(await idsOf('name=filter-two')).toEqual([two.id]);
    expect(await idsOf('q=filter-&sort=name')).toEqual([one.id, two.id]);
    expect(await idsOf('labels=colour%3Dred')).toEqual([one.id]);
    expect(await idsOf('phase=ready')).toEqual([two.id]);
    expect(await idsOf(`address=${one.address}`)).toEqual([one.id]);
    expect(await idsOf('purpose=gateway')).toEqual([elsewhere.gateway_eip_id]);
    expect(await idsOf(`network_id=${stage.world.publicId}`)).toEqual([two.id]);
    expect(await idsOf(`organization_id=${stage.world.otherId}`)).toEqual([]);
    expect(await idsOf(`updated_after=${one.updated_at}`)).toEqual([two.id]);
  });

  it('shows when the cluster first confirmed it, and keeps that', async () => {
    const { id } = await create();
    await worker.report('eip', id, 'ready');
    const first = await stage.api.must<EipView>('GET', `${path}/${id}`, { as: 'acme_viewer' });
    expect(first).toMatchObject({ provisioned_at: expect.any(String), revision: 1 });
    expect(first.status).toMatchObject({ phase: 'ready', revision: 2, observed_revision: 1 });
    await worker.report('eip', id, 'degraded');
    const later = await stage.api.must<EipView>('GET', `${path}/${id}`, { as: 'acme_viewer' });
    expect(later.provisioned_at).toBe(first.provisioned_at);
  });

  it('keeps what operators are told from everybody else', async () => {
    const { id } = await create();
    const condition = {
      type: 'AddressBound',
      status: 'false',
      reason: 'AddressTaken',
      message: 'Something else holds it.',
      params: {},
      waiting_on: 'platform',
      last_transition_at: '2026-01-01T00:00:00Z',
      observed_revision: 1,
    } as const;
    await worker.report('eip', id, 'provisioning', [{ ...condition, operator_detail: 'OvnEip of somebody' }]);
    const own = await stage.api.must<EipView>('GET', `${path}/${id}`, { as: 'acme_owner' });
    expect(own.status.conditions).toEqual([condition]);
    const platform = await stage.api.must<EipView>('GET', `${path}/${id}`);
    expect(platform.status.conditions[0]?.operator_detail).toBe('OvnEip of somebody');
  });
});

describe('changing an EIP', () => {
  it('merges name and labels', async () => {
    const made = await create({ labels: { a: '1', b: '2' } });
    const at = `${path}/${made.id}`;
    const body = { name: `${made.name}-renamed`, labels: { a: null, c: '3' } };
    const changed = await stage.api.must<EipView>('PATCH', at, { as: 'acme_developer', body });
    expect(changed).toMatchObject({ name: body.name, labels: { b: '2', c: '3' }, revision: 2 });
    const cleared = await stage.api.must<EipView>('PATCH', at, { body: { labels: null } });
    expect(cleared).toMatchObject({ name: body.name, labels: {}, revision: 3 });
    expect(await stage.api.must('PATCH', at, { body: {} })).toEqual(cleared);
    expect(await eventsOf(stage.database, 'eip', made.id)).toEqual(['created', 'changed', 'changed']);
    const listed = await stage.api.must<Page>('GET', `${path}?labels=c&project_id=${project.id}`);
    expect(listed.items).toEqual([]);
  });

  it('refuses a name that is taken and names who has it', async () => {
    const [one, two] = [await create(), await create()];
    const refused = await stage.api.call('PATCH', `${path}/${one.id}`, { body: { name: two.name } });
    const holder = { kind: 'eip', id: two.id };
    expectRefusal(refused, { status: 409, code: 'name_taken', pointer: '/name', holder });
  });

  it('leaves a gateway EIP to its project', async () => {
    const at = `${path}/${project.gateway_eip_id}`;
    const params = { managed_by: { kind: 'project', id: project.id } };
    for (const [method, body] of [
      ['PATCH', { labels: { a: 'b' } }],
      ['PATCH', { name: 'mine' }],
      ['DELETE'],
    ] as const) {
      const refused = await stage.api.call(method, at, { as: 'acme_owner', body });
      expectRefusal(refused, { status: 409, code: 'managed_elsewhere', params });
    }
  });

  it('answers a patch of a gateway EIP that changes nothing as the EIP reads', async () => {
    const at = `${path}/${project.gateway_eip_id}`;
    const before = await stage.api.must('GET', at);
    expect(await stage.api.must('PATCH', at, { body: {} })).toEqual(before);
  });

  it('is for owners and developers', async () => {
    const { id } = await create();
    for (const [method, body] of [['PATCH', { labels: { a: 'b' } }], ['DELETE']] as const) {
      const viewer = await stage.api.call(method, `${path}/${id}`, { as: 'acme_viewer', body });
      expectRefusal(viewer, { status: 403, code: 'forbidden' });
      const stranger = await stage.api.call(method, `${path}/${id}`, { as: 'other_owner', body });
      expectRefusal(stranger, { status: 404, code: 'not_found' });
    }
  });
});
