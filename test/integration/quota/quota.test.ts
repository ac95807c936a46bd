import { describe, expect, it } from 'vitest';
import { eipBody } from '../../support/builders/eip.builder.ts';
import { organizationBody } from '../../support/builders/organization.builder.ts';
import { projectBody } from '../../support/builders/project.builder.ts';
import { quotaBody } from '../../support/builders/quota.builder.ts';
import { expectRefusal, unknownId } from '../support/refusals.ts';
import { useStage } from '../support/stage.ts';
import type { EipView, Page, ProjectView, QuotaView, View } from '../support/views.ts';
import { useWorker } from '../support/worker.ts';

const stage = useStage();
const worker = useWorker(stage);
const path = '/v1/quotas';

async function newOrganization(): Promise<string> {
  return (await stage.api.must<View>('POST', '/v1/organizations', { body: organizationBody() })).id;
}

async function newProject(organizationId: string): Promise<ProjectView> {
  return stage.api.must<ProjectView>('POST', '/v1/projects', { body: projectBody(organizationId) });
}

async function newEip(projectId: string): Promise<EipView> {
  return stage.api.must<EipView>('POST', '/v1/eips', { body: eipBody(projectId) });
}

/** Resource, and network type where it has one, → used of limit. */
async function countersOf(organizationId: string): Promise<Record<string, string>> {
  const page = await stage.api.must<Page<QuotaView>>('GET', `${path}?organization_id=${organizationId}`);
  const entries = page.items.map(({ project_id, resource, network_type, used, limit }) => [
    [project_id === null ? 'organization' : 'project', resource, network_type].filter(Boolean).join(' '),
    `${used}/${limit}`,
  ]);
  return Object.fromEntries(entries);
}

async function quotaOf(organizationId: string, filter: string): Promise<QuotaView> {
  const page = await stage.api.must<Page<QuotaView>>(
    'GET',
    `${path}?organization_id=${organizationId}&${filter}`,
  );
  const [quota] = page.items;
  if (quota === undefined) throw new Error(`no quota ${filter}`);
  return quota;
}

describe('creating a quota', () => {
  it('answers what was sent for a project, counting what the project has already', async () => {
    const organizationId = await newOrganization();
    const project = await newProject(organizationId);
    await newEip(project.id);
    const body = quotaBody(organizationId, { project_id: project.id, family: 'ipv4', labels: { a: 'b' } });
    const created = await stage.api.call<QuotaView>('POST', path, { body });
    expect(created.status).toBe(201);
    expect(created.headers.get('location')).toBe(`${path}/${created.body.id}`);
    expect(created.body).toMatchObject({ ...body, used: 2, revision: 1, status: { phase: 'ready' } });
    expect((await stage.api.call('GET', `${path}/${created.body.id}`)).text).toBe(created.text);
  });

  it('is the organization’s and of IPv4 where nothing else is sent', async () => {
    const organizationId = await newOrganization();
    const before = await quotaOf(organizationId, 'network_type=cloud');
    await stage.api.must('DELETE', `${path}/${before.id}`);
    const made = await stage.api.must('POST', path, { body: quotaBody(organizationId) });
    expect(made).toMatchObject({ project_id: null, family: 'ipv4', limit: 10, used: 0, labels: {} });
  });

  it('goes on counting where the limit was away for a while', async () => {
    const organizationId = await newOrganization();
    await newProject(organizationId);
    const { id } = await quotaOf(organizationId, 'network_type=cloud');
    await stage.api.must('DELETE', `${path}/${id}`);
    const made = await stage.api.must('POST', path, { body: quotaBody(organizationId) });
    expect(made).toMatchObject({ limit: 10, used: 1 });
  });

  it.each([
    ['eips without network type', { network_type: null }, '/network_type'],
    ['projects by network type', { resource: 'projects' }, '/network_type'],
    [
      'project_addresses by family',
      { resource: 'project_addresses', network_type: null, family: 'ipv4' },
      '/family',
    ],
  ])('refuses %s', async (_, changes, pointer) => {
    const body = { ...quotaBody(stage.world.acmeId), ...changes };
    const refused = await stage.api.call('POST', path, { body });
    expectRefusal(refused, { status: 422, code: 'validation_failed', pointer });
  });

  it.each(['projects', 'project_addresses'])('refuses %s of one project', async (resource) => {
    const organizationId = await newOrganization();
    const { id } = await newProject(organizationId);
    const body = { organization_id: organizationId, project_id: id, resource, limit: 3 };
    const refused = await stage.api.call('POST', path, { body });
    expectRefusal(refused, { status: 422, code: 'validation_failed', pointer: '/project_id' });
  });

  it.each([
    [{ limit: -1 }, '/limit'],
    [{ limit: 1.5 }, '/limit'],
    [{ limit: 2 ** 53 }, '/limit'],
    [{ limit: '5' }, '/limit'],
  ])('refuses %o as malformed', async (changes, pointer) => {
    const body = { ...quotaBody(stage.world.acmeId), ...changes };
    const refused = await stage.api.call('POST', path, { body });
    expectRefusal(refused, { status: 400, code: 'invalid_request', pointer });
  });

  it('refuses a key that has a limit and names it', async () => {
    const { id } = await quotaOf(stage.world.acmeId, 'network_type=cloud');
    const refused = await stage.api.call('POST', path, { body: quotaBody(stage.world.acmeId) });
    const holder = { kind: 'quota', id };
    const refusal = { status: 409, code: 'name_taken', pointer: '/resource', holder };
    expect(expectRefusal(refused, refusal).detail).toContain('limit');
  });

  it('refuses an organization or a project that is not there, or a project of another organization', async () => {
    const unknown = await stage.api.call('POST', path, { body: quotaBody(unknownId('organization')) });
    expectRefusal(unknown, { status: 404, code: 'not_found', pointer: '/organization_id' });
    const foreign = await newProject(stage.world.otherId);
    for (const project_id of [unknownId('project'), foreign.id]) {
      const body = quotaBody(stage.world.acmeId, { project_id });
      const refused = await stage.api.call('POST', path, { body });
      expectRefusal(refused, { status: 404, code: 'not_found', pointer: '/project_id' });
    }
  });

  it('refuses a project that is being deleted', async () => {
    const project = await newProject(stage.world.acmeId);
    await stage.api.must('DELETE', `/v1/projects/${project.id}`);
    const body = quotaBody(stage.world.acmeId, { project_id: project.id });
    const refused = await stage.api.call('POST', path, { body });
    expectRefusal(refused, { status: 409, code: 'being_deleted', pointer: '/project_id' });
  });

  it('is for platform administrators only, while members read', async () => {
    const { acmeId } = stage.world;
    const { id } = await quotaOf(acmeId, 'resource=projects');
    const body = quotaBody(acmeId);
    for (const as of ['acme_owner', 'acme_viewer']) {
      expect((await stage.api.call('GET', `${path}/${id}`, { as })).status).toBe(200);
      const writes = [
        await stage.api.call('POST', path, { as, body }),
        await stage.api.call('PATCH', `${path}/${id}`, { as, body: { limit: 1_000_000 } }),
        await stage.api.call('DELETE', `${path}/${id}`, { as }),
      ];
      for (const refused of writes) expectRefusal(refused, { status: 403, code: 'forbidden' });
    }
    const foreign = await stage.api.call('GET', `${path}/${id}`, { as: 'other_owner' });
    expectRefusal(foreign, { status: 404, code: 'not_found' });
  });
});

describe('what a quota counts', () => {
  it('follows projects and EIPs from the create to the moment when the cluster has let go', async () => {
    const organizationId = await newOrganization();
    const project = await newProject(organizationId);
    await stage.api.must('POST', path, {
      body: quotaBody(organizationId, { project_id: project.id, limit: 5 }),
    });
    const eip = await newEip(project.id);
    const held = {
      'organization projects': '1/20',
      'organization project_addresses': '1024/1048576',
      'organization eips cloud': '2/50',
      'organization eips public': '0/5',
      'project eips cloud': '2/5',
    };
    expect(await countersOf(organizationId)).toEqual(held);
    await stage.api.must('DELETE', `/v1/eips/${eip.id}`);
    expect(await countersOf(organizationId)).toEqual(held);
    await worker.finish('eip', eip.id);
    const less = { ...held, 'organization eips cloud': '1/50', 'project eips cloud': '1/5' };
    expect(await countersOf(organizationId)).toEqual(less);
    await stage.api.must('DELETE', `/v1/projects/${project.id}`);
    await worker.finish('eip', project.gateway_eip_id);
    await worker.finish('project', project.id);
    expect(await countersOf(organizationId)).toEqual({
      'organization projects': '0/20',
      'organization project_addresses': '0/1048576',
      'organization eips cloud': '0/50',
      'organization eips public': '0/5',
    });
  });

  it('may be more than a limit that was lowered: nothing more is given then', async () => {
    const organizationId = await newOrganization();
    const { id } = await newProject(organizationId);
    await newEip(id);
    const quota = await quotaOf(organizationId, 'network_type=cloud');
    const lowered = await stage.api.must('PATCH', `${path}/${quota.id}`, { body: { limit: 1 } });
    expect(lowered).toMatchObject({ limit: 1, used: 2, revision: 2 });
    const refused = await stage.api.call('POST', '/v1/eips', { body: eipBody(id) });
    const key = { resource: 'eips', network_type: 'cloud', family: 'ipv4' };
    const params = { ...key, scope: 'organization', limit: 1, used: 2, requested: 1 };
    expectRefusal(refused, { status: 409, code: 'quota_exceeded', params });
    await stage.api.must('PATCH', `${path}/${quota.id}`, { body: { limit: 3 } });
    expect((await newEip(id)).purpose).toBe('general');
  });

  it('is limited to nothing where the organization has no row', async () => {
    const organizationId = await newOrganization();
    const { id } = await newProject(organizationId);
    const quota = await quotaOf(organizationId, 'network_type=cloud');
    expect((await stage.api.call('DELETE', `${path}/${quota.id}`)).status).toBe(204);
    expectRefusal(await stage.api.call('GET', `${path}/${quota.id}`), { status: 404, code: 'not_found' });
    const problem = expectRefusal(await stage.api.call('POST', '/v1/eips', { body: eipBody(id) }), {
      status: 409,
      code: 'quota_exceeded',
    });
    expect(problem.params).toMatchObject({ limit: 0, used: 1, requested: 1, scope: 'organization' });
  });

  it('is free again in a project whose own limit is deleted', async () => {
    const organizationId = await newOrganization();
    const { id } = await newProject(organizationId);
    const body = quotaBody(organizationId, { project_id: id, limit: 1 });
    const quota = await stage.api.must<QuotaView>('POST', path, { body });
    const refused = await stage.api.call('POST', '/v1/eips', { body: eipBody(id) });
    expect(expectRefusal(refused, { status: 409, code: 'quota_exceeded' }).params).toMatchObject({
      scope: 'project',
      limit: 1,
      used: 1,
      requested: 1,
    });
    await stage.api.must('DELETE', `${path}/${quota.id}`);
    expect((await newEip(id)).purpose).toBe('general');
  });
});

describe('reading and changing quotas', () => {
  it('filters by id, organization, project, resource, network type, labels and time of change', async () => {
    const organizationId = await newOrganization();
    const { id: projectId } = await newProject(organizationId);
    const body = quotaBody(organizationId, { project_id: projectId, labels: { c: 'red' } });
    const made = await stage.api.must<QuotaView>('POST', path, { body });
    const found = async (query: string) =>
      (await stage.api.must<Page<QuotaView>>('GET', `${path}?organization_id=${organizationId}&${query}`))
        .items;
    expect(await found('limit=200')).toHaveLength(5);
    for (const query of [`id=${made.id}`, `project_id=${projectId}`, 'labels=c%3Dred']) {
      expect((await found(query)).map((item) => item.id)).toEqual([made.id]);
    }
    expect((await found('resource=projects')).map((item) => item.resource)).toEqual(['projects']);
    expect(await found('network_type=cloud')).toHaveLength(2);
    expect((await found(`updated_after=${made.updated_at}`)).map((item) => item.id)).toEqual([]);
  });

  it('merges limit and labels, and shows what is used whatever changes', async () => {
    const organizationId = await newOrganization();
    await newProject(organizationId);
    const quota = await quotaOf(organizationId, 'network_type=cloud');
    const at = `${path}/${quota.id}`;
    const changed = await stage.api.must('PATCH', at, { body: { limit: 9, labels: { a: 'b' } } });
    expect(changed).toMatchObject({ limit: 9, used: 1, labels: { a: 'b' }, revision: 2 });
    const cleared = await stage.api.must('PATCH', at, { body: { labels: null } });
    expect(cleared).toMatchObject({ limit: 9, used: 1, labels: {}, revision: 3 });
    expect(await stage.api.must('GET', at)).toEqual(cleared);
  });
});
