import { describe, expect, it } from 'vitest';
import { startTestApi } from '../../support/api.ts';
import { clusterBody } from '../../support/builders/cluster.builder.ts';
import { eipBody } from '../../support/builders/eip.builder.ts';
import { externalNetworkBody } from '../../support/builders/external-network.builder.ts';
import { organizationBody } from '../../support/builders/organization.builder.ts';
import { projectBody } from '../../support/builders/project.builder.ts';
import { createTestDatabase } from '../../support/database.ts';
import { createLoadedRange, createOrganization } from '../../support/world.ts';
import { addressState, auditOf, differences, eventsOf, intervalsOf, uuidOf } from '../support/ledger.ts';
import { expectRefusal, unknownId } from '../support/refusals.ts';
import { useStage } from '../support/stage.ts';
import type { EipView, Page, ProjectView, QuotaView, View } from '../support/views.ts';
import { useWorker } from '../support/worker.ts';

const stage = useStage();
const worker = useWorker(stage);
const path = '/v1/projects';

async function newOrganization(): Promise<string> {
  return (await stage.api.must<View>('POST', '/v1/organizations', { body: organizationBody() })).id;
}

async function create(organizationId: string, changes: object = {}): Promise<ProjectView> {
  return stage.api.must<ProjectView>('POST', path, { body: projectBody(organizationId, changes) });
}

/** The project and its gateway EIP, as a worker would end them. */
async function end(project: ProjectView): Promise<void> {
  await stage.api.must('DELETE', `${path}/${project.id}`);
  await worker.finish('eip', project.gateway_eip_id);
  await worker.finish('project', project.id);
}

async function limit(organizationId: string, filter: string, to: number): Promise<void> {
  const query = `organization_id=${organizationId}&${filter}`;
  const { items } = await stage.api.must<Page<QuotaView>>('GET', `/v1/quotas?${query}`);
  await stage.api.must('PATCH', `/v1/quotas/${items[0]?.id}`, { body: { limit: to } });
}

describe('creating a project', () => {
  it('answers what was sent beside what Netplane chose', async () => {
    const { acmeId, clusterId, publicId } = stage.world;
    const body = projectBody(acmeId, {
      name: 'demo',
      cluster_id: clusterId,
      cidr: '10.200.0.0/24',
      egress_network: 'public',
      allow_cidr_overlap: true,
      labels: { tier: 'gold' },
    });
    const created = await stage.api.call<ProjectView>('POST', path, { body });
    expect(created.status).toBe(201);
    expect(created.headers.get('location')).toBe(`${path}/${created.body.id}`);
    expect(created.body).toEqual({
      ...body,
      id: expect.stringMatching(/^project_/),
      namespace: 'acme-demo',
      gateway_address: '10.200.0.1',
      network_id: publicId,
      network_type: 'public',
      gateway_eip_id: expect.stringMatching(/^eip_/),
      revision: 1,
      created_at: expect.any(String),
      updated_at: created.body.created_at,
      status: {
        phase: 'pending',
        conditions: [],
        revision: 1,
        observed_revision: 0,
        updated_at: expect.any(String),
        next_try_at: null,
        message: '',
      },
    });
    expect((await stage.api.call('GET', `${path}/${created.body.id}`)).text).toBe(created.text);
  });

  it('chooses cluster, CIDR and the cloud network where nothing is sent', async () => {
    const { acmeId, clusterId, cloudId } = stage.world;
    const made = await create(acmeId);
    const chosen = {
      cluster_id: clusterId,
      egress_network: 'cloud',
      network_id: cloudId,
      network_type: 'cloud',
    };
    expect(made).toMatchObject({ ...chosen, allow_cidr_overlap: false, labels: {} });
    expect(made.cidr).toMatch(/^10\.\d+\.\d+\.0\/22$/);
  });

  it.each([{ cidr: 'auto' }, { egress_network: 'auto' }, { cluster_id: 'auto' }])(
    'takes %o as if it had been left out',
    async (changes) => {
      const made = await create(await newOrganization(), changes);
      expect(made).toMatchObject({ cluster_id: stage.world.clusterId, egress_network: 'cloud' });
      expect(made.cidr).toMatch(/\/22$/);
    },
  );

  it('answers the id of its egress network where the id was sent', async () => {
    const { acmeId, publicId } = stage.world;
    const made = await create(acmeId, { egress_network: publicId });
    expect(made).toMatchObject({ egress_network: publicId, network_id: publicId, network_type: 'public' });
  });

  it('makes its gateway EIP, which counts and costs like any, and a router port, which does not', async () => {
    const organizationId = await newOrganization();
    const network = await networkWith('100.96.0', 2);
    const made = await create(organizationId, { egress_network: network });
    const gateway = await stage.api.must<EipView>('GET', `/v1/eips/${made.gateway_eip_id}`);
    expect(gateway).toMatchObject({
      organization_id: organizationId,
      project_id: made.id,
      name: 'default-gw',
      network,
      address: '100.96.0.10',
      purpose: 'gateway',
      attached_to: [{ kind: 'project', id: made.id, name: made.name }],
      managed_by: { kind: 'project', id: made.id },
      provisioned_at: null,
    });
    expect(await addressState(stage.database, network, '100.96.0.10')).toBe('allocated');
    expect(await addressState(stage.database, network, '100.96.0.11')).toBe('router_port');
    const { items } = await stage.api.must<Page<QuotaView>>(
      'GET',
      `/v1/quotas?organization_id=${organizationId}&resource=eips&network_type=cloud`,
    );
    expect(items.map((quota) => quota.used)).toEqual([1]);
    const attached = { state: 'attached', purpose: 'gateway', start_reason: 'created', ended_at: null };
    expect(await intervalsOf(stage.database, gateway.id)).toMatchObject([attached]);
  });

  it('leaves an event and an audit row of both, its subnet and its SNAT rule', async () => {
    const made = await create(stage.world.acmeId, { labels: { a: 'b' } });
    expect(await eventsOf(stage.database, 'project', made.id)).toEqual(['created']);
    expect(await eventsOf(stage.database, 'eip', made.gateway_eip_id)).toEqual(['created']);
    const audit = await auditOf(stage.database, 'project', made.id);
    expect(audit).toMatchObject([{ operation: 'project.create', subject: 'platform-admin' }]);
    const changes = { name: made.name, cidr: made.cidr, egress_network: 'cloud', labels: { a: 'b' } };
    expect(audit[0]?.changes).toEqual(changes);
    const { address } = await stage.api.must<EipView>('GET', `/v1/eips/${made.gateway_eip_id}`);
    expect(await auditOf(stage.database, 'eip', made.gateway_eip_id)).toMatchObject([
      { operation: 'project.create', changes: { name: 'default-gw', network: 'cloud', address } },
    ]);
    const inner = await stage.database.owner.query(
      `select s.cidr::text as subnet, host(s.gateway) as gateway, r.cidr::text as snat, r.eip_id
       from subnet s join snat_rule r on r.project_id = s.project_id where s.project_id = $1`,
      [uuidOf('project', made.id)],
    );
    const eipId = uuidOf('eip', made.gateway_eip_id);
    const rows = [{ subnet: made.cidr, gateway: made.gateway_address, snat: made.cidr, eip_id: eipId }];
    expect(inner.rows).toEqual(rows);
  });

  it('begins at one instant with its gateway EIP, in every ledger', async () => {
    const made = await create(stage.world.acmeId);
    const { rows } = await stage.database.owner.query<{ instants: number }>(
      `select count(distinct at)::int as instants from (
         select created_at as at from project where id = $1
         union all select created_at from eip where id = $2
         union all select started_at from usage_interval where eip_id = $2
         union all select at from event where id in ($1, $2) and type = 'created'
         union all select at from audit_event where resource_id in ($1, $2)
       ) as begun`,
      [uuidOf('project', made.id), uuidOf('eip', made.gateway_eip_id)],
    );
    expect(rows).toEqual([{ instants: 1 }]);
  });

  it('refuses a name that its organization has and names who has it; another one may use it', async () => {
    const { acmeId, otherId } = stage.world;
    const { id, name } = await create(acmeId);
    const body = projectBody(acmeId, { name });
    const refused = await stage.api.call('POST', path, { as: 'acme_owner', body });
    const holder = { kind: 'project', id };
    expectRefusal(refused, { status: 409, code: 'name_taken', pointer: '/name', holder });
    expect((await create(otherId, { name })).name).toBe(name);
  });

  it('is for owners: others of the organization are told so, strangers nothing', async () => {
    const body = projectBody(stage.world.acmeId);
    for (const as of ['acme_developer', 'acme_viewer']) {
      const refused = await stage.api.call('POST', path, { as, body });
      expectRefusal(refused, { status: 403, code: 'forbidden', params: { operation: 'project.create' } });
    }
    const foreign = await stage.api.call('POST', path, { as: 'other_owner', body });
    expectRefusal(foreign, { status: 404, code: 'not_found', pointer: '/organization_id' });
    expect((await stage.api.call('POST', path, { as: 'acme_owner', body })).status).toBe(201);
  });

  it('refuses an organization, a cluster or a network that nobody knows', async () => {
    for (const [changes, pointer] of [
      [{ organization_id: unknownId('organization') }, '/organization_id'],
      [{ cluster_id: unknownId('cluster') }, '/cluster_id'],
      [{ egress_network: unknownId('external-network') }, '/egress_network'],
    ] as const) {
      const body = projectBody(stage.world.acmeId, changes);
      expectRefusal(await stage.api.call('POST', path, { body }), {
        status: 404,
        code: 'not_found',
        pointer,
      });
    }
  });

  it('says that no network of the type serves the cluster', async () => {
    const { id } = await stage.api.must<View>('POST', '/v1/clusters', { body: clusterBody() });
    const body = projectBody(stage.world.acmeId, { cluster_id: id, egress_network: 'public' });
    const refused = await stage.api.call('POST', path, { body });
    const params = { network: 'public' };
    expectRefusal(refused, { status: 409, code: 'network_unavailable', pointer: '/egress_network', params });
  });

  it('says that there is no cluster', async () => {
    const database = await createTestDatabase();
    const api = await startTestApi(database);
    const id = await createOrganization(api, 'alone', {});
    const refused = await api.call('POST', path, { body: projectBody(id) });
    expectRefusal(refused, { status: 409, code: 'no_cluster', pointer: '/cluster_id' });
    await api.stop();
    await database.drop();
  });
});

describe('the limits of a project', () => {
  it.each([
    [
      'resource=projects',
      0,
      { resource: 'projects', network_type: null, family: null, used: 0, requested: 1 },
    ],
    [
      'resource=project_addresses',
      1_023,
      { resource: 'project_addresses', network_type: null, family: null, used: 0, requested: 1_024 },
    ],
    [
      'resource=eips&network_type=cloud',
      0,
      { resource: 'eips', network_type: 'cloud', family: 'ipv4', used: 0, requested: 1 },
    ],
  ])('of %s refuse with their numbers and leave no trace', async (filter, to, numbers) => {
    const organizationId = await newOrganization();
    await limit(organizationId, filter, to);
    const refused = await stage.api.call('POST', path, { body: projectBody(organizationId) });
    const params = { ...numbers, scope: 'organization', limit: to };
    expectRefusal(refused, { status: 409, code: 'quota_exceeded', params });
    const listed = await stage.api.must<Page>('GET', `${path}?organization_id=${organizationId}`);
    expect(listed.items).toEqual([]);
    expect(await differences(stage.database)).toEqual([]);
  });

  it('are those of the pool too: a network with one address left makes no half project', async () => {
    const organizationId = await newOrganization();
    const network = await networkWith('100.96.1', 1);
    const body = projectBody(organizationId, { egress_network: network });
    const refused = await stage.api.call('POST', path, { body });
    const params = { network_id: network, available: 0, requested: 1 };
    expectRefusal(refused, { status: 409, code: 'pool_exhausted', params });
    expect(await addressState(stage.database, network, '100.96.1.10')).toBe('free');
    expect(await differences(stage.database)).toEqual([]);
  });
});

describe('reading and changing projects', () => {
  it('filters by id, name, prefix, labels, phase, namespace, parents and time of change', async () => {
    const organizationId = await newOrganization();
    const one = await create(organizationId, { name: 'filter-one', labels: { colour: 'red' } });
    const two = await create(organizationId, { name: 'filter-two', egress_network: 'public' });
    await worker.report('project', two.id, 'ready');
    const idsOf = async (query: string) =>
      (await stage.api.must<Page>('GET', `${path}?organization_id=${organizationId}&${query}`)).items.map(
        (item) => item.id,
      );
    expect(await idsOf(`cluster_id=${stage.world.clusterId}`)).toEqual([two.id, one.id]);
    expect(await idsOf(`cluster_id=${unknownId('cluster')}`)).toEqual([]);
    expect(await idsOf(`id=${one.id}`)).toEqual([one.id]);
    expect(await idsOf('name=filter-one')).toEqual([one.id]);
    expect(await idsOf('q=filter-&sort=name')).toEqual([one.id, two.id]);
    expect(await idsOf('labels=colour')).toEqual([one.id]);
    expect(await idsOf('phase=ready')).toEqual([two.id]);
    expect(await idsOf(`network_id=${stage.world.publicId}`)).toEqual([two.id]);
    expect(await idsOf(`namespace=${one.namespace}`)).toEqual([one.id]);
    expect(await idsOf(`updated_after=${one.updated_at}`)).toEqual([two.id]);
  });

  it('merges labels, and finds the project by the new ones only', async () => {
    const made = await create(stage.world.acmeId, { labels: { a: '1', b: '2' } });
    const at = `${path}/${made.id}`;
    const body = { labels: { a: null, c: '3' } };
    const changed = await stage.api.must<ProjectView>('PATCH', at, { as: 'acme_owner', body });
    expect(changed).toMatchObject({ labels: { b: '2', c: '3' }, revision: 2 });
    const found = async (selector: string) =>
      (await stage.api.must<Page>('GET', `${path}?id=${made.id}&labels=${selector}`)).items.length;
    expect([await found('c%3D3'), await found('a')]).toEqual([1, 0]);
    const cleared = await stage.api.must('PATCH', at, { body: { labels: null } });
    expect(cleared).toMatchObject({ labels: {}, revision: 3 });
    expect(await stage.api.must('PATCH', at, { body: {} })).toEqual(cleared);
    const refused = await stage.api.call('PATCH', at, { as: 'acme_developer', body });
    expectRefusal(refused, { status: 403, code: 'forbidden' });
  });
});

/** A cloud network with exactly these addresses, `.10` and up. */
async function networkWith(block: string, count: number): Promise<string> {
  const body = externalNetworkBody(stage.world.clusterId, `${block}.0/24`);
  const { id } = await stage.api.must<View>('POST', '/v1/external-networks', { body });
  const span = { first: `${block}.10`, last: `${block}.${9 + count}` };
  await createLoadedRange(stage.api, stage.database, id, span);
  return id;
}

describe('deleting a project', () => {
  it('is refused while it holds an EIP, who is named, but not while that EIP is being deleted', async () => {
    const made = await create(stage.world.acmeId);
    const { id } = await stage.api.must<EipView>('POST', '/v1/eips', { body: eipBody(made.id) });
    const refused = await stage.api.call('DELETE', `${path}/${made.id}`, { as: 'acme_owner' });
    const holder = { kind: 'eip', id };
    expectRefusal(refused, { status: 409, code: 'has_dependents', holder });
    await stage.api.must('DELETE', `/v1/eips/${id}`);
    expect((await stage.api.call('DELETE', `${path}/${made.id}`)).status).toBe(202);
  });

  it('reads deleting and takes nothing new; its gateway EIP goes with it and costs nothing from then on', async () => {
    const made = await create(stage.world.acmeId);
    for (const _ of ['first', 'again']) {
      const answer = await stage.api.call<ProjectView>('DELETE', `${path}/${made.id}`, { as: 'acme_owner' });
      expect([answer.status, answer.body.status.phase]).toEqual([202, 'deleting']);
    }
    const eip = await stage.api.call('POST', '/v1/eips', { body: eipBody(made.id) });
    expectRefusal(eip, { status: 409, code: 'being_deleted', pointer: '/project_id' });
    const changed = await stage.api.call('PATCH', `${path}/${made.id}`, { body: { labels: { a: 'b' } } });
    expectRefusal(changed, { status: 409, code: 'being_deleted' });
    const gateway = await stage.api.must<EipView>('GET', `/v1/eips/${made.gateway_eip_id}`);
    expect(gateway.status.phase).toBe('deleting');
    expect(await intervalsOf(stage.database, gateway.id)).toMatchObject([
      { end_reason: 'never_provisioned' },
    ]);
    expect(await eventsOf(stage.database, 'eip', gateway.id)).toEqual(['created', 'deleting']);
  });

  it('gives name, namespace, CIDR and addresses back when the cluster has let go', async () => {
    const organizationId = await newOrganization();
    const network = await networkWith('100.96.2', 2);
    const changes = { name: 'again', cidr: '10.210.0.0/24', egress_network: network };
    const made = await create(organizationId, changes);
    const early = await stage.api.call('POST', path, { body: projectBody(organizationId, changes) });
    expectRefusal(early, { status: 409, code: 'cidr_in_use' });
    await end(made);
    expectRefusal(await stage.api.call('GET', `${path}/${made.id}`), { status: 404, code: 'not_found' });
    for (const address of ['100.96.2.10', '100.96.2.11']) {
      expect(await addressState(stage.database, network, address)).toBe('quarantined');
    }
    const next = await create(organizationId, changes);
    expect(next).toMatchObject({ namespace: made.namespace, cidr: made.cidr });
    expect(next.id).not.toBe(made.id);
    expect(await differences(stage.database)).toEqual([]);
  });

  it('is for owners', async () => {
    const { id } = await create(stage.world.acmeId);
    const refused = await stage.api.call('DELETE', `${path}/${id}`, { as: 'acme_developer' });
    expectRefusal(refused, { status: 403, code: 'forbidden' });
    const foreign = await stage.api.call('DELETE', `${path}/${id}`, { as: 'other_owner' });
    expectRefusal(foreign, { status: 404, code: 'not_found' });
  });
});
