import { parseId } from '@netplane/domain';
import { describe, expect, it } from 'vitest';
import { organizationBody } from '../../support/builders/organization.builder.ts';
import { projectBody } from '../../support/builders/project.builder.ts';
import { eventsOf } from '../support/ledger.ts';
import { expectRefusal, unknownId } from '../support/refusals.ts';
import { useStage } from '../support/stage.ts';
import type { Page, ProjectView, QuotaView, View } from '../support/views.ts';
import { useWorker } from '../support/worker.ts';

const stage = useStage({
  environment: {
    DEFAULT_QUOTA_PROJECTS: '7',
    DEFAULT_QUOTA_CLOUD_EIPS: '8',
    DEFAULT_QUOTA_PUBLIC_EIPS: '9',
    DEFAULT_QUOTA_PROJECT_ADDRESSES: '4096',
  },
});
const worker = useWorker(stage);

interface OrganizationView extends View {
  readonly display_name: string | null;
}

async function create(body: object = organizationBody()): Promise<OrganizationView> {
  return stage.api.must<OrganizationView>('POST', '/v1/organizations', { body });
}

describe('creating an organization', () => {
  it('answers what was sent, with its bookkeeping and a location that reads the same', async () => {
    const body = organizationBody({ display_name: 'Grüße, Inc.', labels: { 'team.example/tier': 'gold' } });
    const created = await stage.api.call<OrganizationView>('POST', '/v1/organizations', { body });
    expect(created.status).toBe(201);
    expect(created.body).toEqual({
      ...body,
      id: expect.stringMatching(/^org_[0-7][0-9a-hjkmnp-tv-z]{25}$/),
      revision: 1,
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      updated_at: created.body.created_at,
      status: {
        phase: 'ready',
        conditions: [],
        revision: 1,
        observed_revision: 1,
        updated_at: created.body.created_at,
        next_try_at: null,
        message: '',
      },
    });
    expect(created.headers.get('location')).toBe(`/v1/organizations/${created.body.id}`);
    const read = await stage.api.call('GET', created.headers.get('location') ?? '');
    expect(read.text).toBe(created.text);
  });

  it('leaves the display name null and the labels empty where none are sent', async () => {
    expect(await create()).toMatchObject({ display_name: null, labels: {} });
  });

  it('gives a new organization the limits of the settings, with nothing used', async () => {
    const { id } = await create();
    const quotas = await stage.api.must<Page<QuotaView>>('GET', `/v1/quotas?organization_id=${id}`);
    const seen = quotas.items.map(({ resource, network_type, limit, used }) => [
      resource,
      network_type,
      limit,
      used,
    ]);
    expect(seen.sort()).toEqual([
      ['eips', 'cloud', 8, 0],
      ['eips', 'public', 9, 0],
      ['project_addresses', null, 4096, 0],
      ['projects', null, 7, 0],
    ]);
    const events = await Promise.all(
      quotas.items.map((quota) => eventsOf(stage.database, 'quota', quota.id)),
    );
    expect(events).toEqual(quotas.items.map(() => ['created']));
  });

  it('refuses a name that is taken and names who has it', async () => {
    const { id, name } = await create();
    const refused = await stage.api.call('POST', '/v1/organizations', { body: { name } });
    const holder = { kind: 'organization', id };
    expectRefusal(refused, { status: 409, code: 'name_taken', pointer: '/name', holder });
  });

  it.each([
    ['a digit first', '1abc'],
    ['an upper-case letter', 'Acme'],
    ['a dash last', 'acme-'],
    ['an underscore', 'ac_me'],
    ['33 characters', 'a'.repeat(33)],
    ['nothing', ''],
  ])('refuses a name with %s', async (_, name) => {
    const refused = await stage.api.call('POST', '/v1/organizations', { body: { name } });
    expectRefusal(refused, { status: 400, code: 'invalid_request', pointer: '/name' });
  });

  it('takes a name of one letter and one of 32 characters', async () => {
    expect((await create({ name: 'z' })).name).toBe('z');
    expect((await create({ name: 'y'.repeat(32) })).name).toBe('y'.repeat(32));
  });

  it('is for platform administrators only', async () => {
    const refused = await stage.api.call('POST', '/v1/organizations', {
      as: 'acme_owner',
      body: organizationBody(),
    });
    expectRefusal(refused, { status: 403, code: 'forbidden', params: { operation: 'organization.create' } });
  });
});

describe('reading organizations', () => {
  it('shows members their own organization and nobody else the other', async () => {
    const { acmeId, otherId } = stage.world;
    for (const as of ['acme_owner', 'acme_developer', 'acme_viewer']) {
      const page = await stage.api.must<Page>('GET', '/v1/organizations', { as });
      expect(page.items.map((item) => item.id)).toEqual([acmeId]);
      const foreign = await stage.api.call('GET', `/v1/organizations/${otherId}`, { as });
      expectRefusal(foreign, { status: 404, code: 'not_found' });
    }
  });

  it('filters by id, name, prefix, labels and time of change', async () => {
    const one = await create(organizationBody({ name: 'filter-one', labels: { colour: 'red' } }));
    const two = await create(organizationBody({ name: 'filter-two', labels: { colour: 'blue' } }));
    const idsOf = async (query: string) =>
      (await stage.api.must<Page>('GET', `/v1/organizations?${query}`)).items.map((item) => item.id);
    expect(await idsOf(`id=${one.id}`)).toEqual([one.id]);
    expect(await idsOf(`id=${one.id}&id=${two.id}`)).toEqual([two.id, one.id]);
    expect(await idsOf('name=filter-two')).toEqual([two.id]);
    expect(await idsOf('q=filter-&sort=name')).toEqual([one.id, two.id]);
    expect(await idsOf('labels=colour%3Dred')).toEqual([one.id]);
    expect(await idsOf(`q=filter-&updated_after=${one.updated_at}`)).toEqual([two.id]);
  });
});

describe('changing an organization', () => {
  it('merges a patch: labels one by one, null removes, and the rest stays', async () => {
    const made = await create(organizationBody({ display_name: 'Before', labels: { a: '1', b: '2' } }));
    const path = `/v1/organizations/${made.id}`;
    const merged = await stage.api.must<OrganizationView>('PATCH', path, {
      body: { labels: { a: null, c: '3' } },
    });
    expect(merged).toMatchObject({ display_name: 'Before', labels: { b: '2', c: '3' }, revision: 2 });
    expect(merged.labels).not.toHaveProperty('a');
    expect(merged.updated_at > made.updated_at).toBe(true);
    const cleared = await stage.api.must<OrganizationView>('PATCH', path, {
      body: { display_name: null, labels: null },
    });
    expect(cleared).toMatchObject({ display_name: null, labels: {}, revision: 3 });
    expect(await stage.api.must('GET', path)).toEqual(cleared);
  });

  it('counts no revision where nothing changes', async () => {
    const made = await create(organizationBody({ labels: { a: '1' } }));
    const same = await stage.api.must('PATCH', `/v1/organizations/${made.id}`, {
      body: { labels: { a: '1' } },
    });
    expect(same).toEqual(made);
  });

  it('is for owners; members below are told so, strangers nothing', async () => {
    const path = `/v1/organizations/${stage.world.acmeId}`;
    const body = { labels: { changed: 'yes' } };
    const changed = await stage.api.call<View>('PATCH', path, { as: 'acme_owner', body });
    expect([changed.status, changed.body.labels]).toEqual([200, body.labels]);
    for (const as of ['acme_developer', 'acme_viewer']) {
      expectRefusal(await stage.api.call('PATCH', path, { as, body }), { status: 403, code: 'forbidden' });
    }
    const foreign = await stage.api.call('PATCH', path, { as: 'other_owner', body });
    expectRefusal(foreign, { status: 404, code: 'not_found' });
  });
});

describe('deleting an organization', () => {
  it('is gone at once, with its limits, role bindings and issuers', async () => {
    const { id, name } = await create();
    const binding = { organization_id: id, issuer_id: stage.api.issuer, subject: 'someone', role: 'owner' };
    const { id: bindingId } = await stage.api.must<View>('POST', '/v1/role-bindings', { body: binding });
    const deleted = await stage.api.call('DELETE', `/v1/organizations/${id}`);
    expect([deleted.status, deleted.text]).toEqual([204, '']);
    for (const path of [`/v1/organizations/${id}`, `/v1/role-bindings/${bindingId}`]) {
      expectRefusal(await stage.api.call('GET', path), { status: 404, code: 'not_found' });
    }
    const quotas = await stage.api.must<Page>('GET', `/v1/quotas?organization_id=${id}`);
    expect(quotas.items).toEqual([]);
    expect((await create({ name })).id).not.toBe(id);
  });

  it('takes the organization from what a member is told of itself', async () => {
    const { id } = await create();
    const binding = {
      organization_id: id,
      issuer_id: stage.api.issuer,
      subject: 'acme-viewer',
      role: 'viewer',
    };
    await stage.api.must('POST', '/v1/role-bindings', { body: binding });
    const organizations = async () => {
      const me = await stage.api.must<{ organizations: readonly View[] }>('GET', '/v1/me', {
        as: 'acme_viewer',
      });
      return me.organizations.map((organization) => organization.id);
    };
    await expect.poll(organizations).toContain(id);
    await create(); // the news of the binding is old by now, and what follows is remembered
    expect(await organizations()).toContain(id);
    await stage.api.must('DELETE', `/v1/organizations/${id}`);
    await expect.poll(organizations, { timeout: 5_000 }).not.toContain(id);
  });

  it('is refused while it has a project, and says which', async () => {
    const { id } = await create();
    const project = await stage.api.must<ProjectView>('POST', '/v1/projects', { body: projectBody(id) });
    const refused = await stage.api.call('DELETE', `/v1/organizations/${id}`);
    const holder = { kind: 'project', id: project.id };
    expectRefusal(refused, { status: 409, code: 'has_dependents', holder });
  });

  it('is not held up by a project that is itself being deleted', async () => {
    const { id } = await create();
    const project = await stage.api.must<ProjectView>('POST', '/v1/projects', { body: projectBody(id) });
    await stage.api.must('DELETE', `/v1/projects/${project.id}`);
    const deleted = await stage.api.call('DELETE', `/v1/organizations/${id}`);
    expect(deleted.status).toBe(204);
    await worker.finish('eip', project.gateway_eip_id);
    await worker.finish('project', project.id);
    const left = await stage.database.owner.query(
      `select from quota_usage where organization_id = $1
       union all select from project where organization_id = $1 and deleted_at is null`,
      [parseId('organization', id)],
    );
    expect(left.rows).toEqual([]);
  });

  it('answers 404 for an id that nobody has or that is another kind', async () => {
    for (const id of [unknownId('organization'), stage.world.clusterId, 'nonsense']) {
      const refused = await stage.api.call('DELETE', `/v1/organizations/${id}`);
      expectRefusal(refused, { status: 404, code: 'not_found' });
    }
  });
});
