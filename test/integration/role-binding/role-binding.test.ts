import { beforeAll, describe, expect, it } from 'vitest';
import { issuerBody } from '../../support/builders/issuer.builder.ts';
import { organizationBody } from '../../support/builders/organization.builder.ts';
import { roleBindingBody } from '../../support/builders/role-binding.builder.ts';
import { type IssuerServer, startIssuerServer } from '../support/issuer-server.ts';
import { expectRefusal, unknownId } from '../support/refusals.ts';
import { useStage } from '../support/stage.ts';
import type { Page, View } from '../support/views.ts';

const stage = useStage();
const path = '/v1/role-bindings';

/** A second platform issuer, whose tokens the tests make as they like. */
let server: IssuerServer;
let issuerId: string;
beforeAll(async () => {
  server = await startIssuerServer();
  const body = issuerBody({ issuer_url: server.url });
  issuerId = (await stage.api.must<View>('POST', '/v1/issuers', { body })).id;
});

interface BindingView extends View {
  readonly subject: string | null;
  readonly group: string | null;
  readonly role: string;
}

async function create(body: object): Promise<BindingView> {
  return stage.api.must<BindingView>('POST', path, { body });
}

async function newOrganization(): Promise<string> {
  return (await stage.api.must<View>('POST', '/v1/organizations', { body: organizationBody() })).id;
}

async function rolesOf(claims: object): Promise<readonly string[]> {
  interface Me {
    readonly organizations: readonly { readonly id: string; readonly role: string }[];
  }
  const me = await stage.api.must<Me>('GET', '/v1/me', { token: await server.sign({ ...claims }) });
  return me.organizations.map(({ id, role }) => `${id} ${role}`);
}

describe('creating a role binding', () => {
  it('answers what was sent, for a subject or for a group', async () => {
    const { acmeId } = stage.world;
    for (const holder of [{ subject: 'jane' }, { group: 'operators' }]) {
      const body = roleBindingBody(acmeId, issuerId, { ...holder, role: 'developer', labels: { team: 'a' } });
      const created = await stage.api.call<BindingView>('POST', path, { as: 'acme_owner', body });
      expect(created.status).toBe(201);
      expect(created.headers.get('location')).toBe(`${path}/${created.body.id}`);
      expect(created.body).toMatchObject({ subject: null, group: null, ...body, revision: 1 });
      expect(created.body.status.phase).toBe('ready');
      expect((await stage.api.call('GET', `${path}/${created.body.id}`)).text).toBe(created.text);
    }
  });

  it.each([
    ['neither subject nor group', {}],
    ['both', { subject: 'jane', group: 'operators' }],
    ['two nulls', { subject: null, group: null }],
  ])('refuses %s', async (_, holder) => {
    const body = { organization_id: stage.world.acmeId, issuer_id: issuerId, role: 'viewer', ...holder };
    const refused = await stage.api.call('POST', path, { body });
    expectRefusal(refused, { status: 422, code: 'validation_failed', pointer: '/subject' });
  });

  it.each([
    [{ subject: 'twice' }, '/subject'],
    [{ group: 'twice' }, '/group'],
  ])('refuses a second binding of %o and names the first', async (holder, pointer) => {
    const body = roleBindingBody(stage.world.acmeId, issuerId, holder);
    const { id } = await create(body);
    const refused = await stage.api.call('POST', path, { body: { ...body, role: 'owner' } });
    const held = { kind: 'role-binding', id };
    const refusal = { status: 409, code: 'name_taken', pointer, holder: held };
    expect(expectRefusal(refused, refusal).detail).toContain('bound');
  });

  it('refuses a role, an empty subject and a long one', async () => {
    const body = roleBindingBody(stage.world.acmeId, issuerId);
    for (const changes of [{ role: 'admin' }, { subject: '' }, { subject: 'x'.repeat(256) }]) {
      const refused = await stage.api.call('POST', path, { body: { ...body, ...changes } });
      expectRefusal(refused, { status: 400, code: 'invalid_request' });
    }
  });

  it('is for owners: others of the organization are told so, strangers nothing', async () => {
    const body = roleBindingBody(stage.world.acmeId, issuerId);
    for (const as of ['acme_developer', 'acme_viewer']) {
      expectRefusal(await stage.api.call('POST', path, { as, body }), { status: 403, code: 'forbidden' });
    }
    const foreign = await stage.api.call('POST', path, { as: 'other_owner', body });
    expectRefusal(foreign, { status: 404, code: 'not_found', pointer: '/organization_id' });
  });

  it('refuses an issuer or an organization that nobody knows', async () => {
    const byIssuer = roleBindingBody(stage.world.acmeId, unknownId('issuer'));
    const refused = await stage.api.call('POST', path, { as: 'acme_owner', body: byIssuer });
    expectRefusal(refused, { status: 404, code: 'not_found', pointer: '/issuer_id' });
    const byOrganization = roleBindingBody(unknownId('organization'), issuerId);
    const unknown = await stage.api.call('POST', path, { body: byOrganization });
    expectRefusal(unknown, { status: 404, code: 'not_found', pointer: '/organization_id' });
  });
});

describe('what a role binding gives', () => {
  it('is a role for the subject of that issuer, from the next request on', async () => {
    const id = await newOrganization();
    expect(await rolesOf({ sub: 'new' })).toEqual([]);
    const { id: bindingId } = await create(roleBindingBody(id, issuerId, { subject: 'new' }));
    await expect.poll(() => rolesOf({ sub: 'new' })).toEqual([`${id} viewer`]);
    await stage.api.must('PATCH', `${path}/${bindingId}`, { body: { role: 'developer' } });
    await expect.poll(() => rolesOf({ sub: 'new' })).toEqual([`${id} developer`]);
    await stage.api.must('DELETE', `${path}/${bindingId}`);
    await expect.poll(() => rolesOf({ sub: 'new' })).toEqual([]);
  });

  it('is a role for every token of the issuer with the group, and the strongest of several counts', async () => {
    const id = await newOrganization();
    await create(roleBindingBody(id, issuerId, { group: 'staff', role: 'viewer' }));
    await create(roleBindingBody(id, issuerId, { group: 'leads', role: 'owner' }));
    await create(roleBindingBody(id, issuerId, { subject: 'jo', role: 'developer' }));
    expect(await rolesOf({ sub: 'a', groups: ['staff'] })).toEqual([`${id} viewer`]);
    expect(await rolesOf({ sub: 'b', groups: ['staff', 'leads'] })).toEqual([`${id} owner`]);
    expect(await rolesOf({ sub: 'jo', groups: ['staff'] })).toEqual([`${id} developer`]);
    expect(await rolesOf({ sub: 'c', groups: 'leads' })).toEqual([]);
    expect(await rolesOf({ sub: 'leads', groups: ['jo', 'other'] })).toEqual([]);
  });

  it('is taken away at once from a token that was used before', async () => {
    const id = await newOrganization();
    const { id: bindingId } = await create(roleBindingBody(id, issuerId, { subject: 'leaver' }));
    const token = await server.sign({ sub: 'leaver' });
    const statusOf = async () => (await stage.api.call('GET', `/v1/organizations/${id}`, { token })).status;
    await expect.poll(statusOf).toBe(200);
    await stage.api.must('DELETE', `${path}/${bindingId}`);
    await expect.poll(statusOf, { timeout: 5_000 }).toBe(404);
  });
});

describe('reading and changing role bindings', () => {
  it('filters by id, organization, issuer, subject, role, labels and time of change', async () => {
    const id = await newOrganization();
    const one = await create(roleBindingBody(id, issuerId, { role: 'owner', labels: { c: 'red' } }));
    const two = await create(roleBindingBody(id, stage.api.issuer, { subject: 'zoe' }));
    const idsOf = async (query: string) =>
      (await stage.api.must<Page>('GET', `${path}?organization_id=${id}&${query}`)).items.map(
        (item) => item.id,
      );
    expect(await idsOf('limit=10')).toEqual([two.id, one.id]);
    expect(await idsOf(`id=${one.id}`)).toEqual([one.id]);
    expect(await idsOf(`issuer_id=${issuerId}`)).toEqual([one.id]);
    expect(await idsOf('subject=zoe')).toEqual([two.id]);
    expect(await idsOf('role=owner')).toEqual([one.id]);
    expect(await idsOf('labels=c')).toEqual([one.id]);
    expect(await idsOf(`updated_after=${one.updated_at}`)).toEqual([two.id]);
  });

  it('shows owners those of their organization and others none', async () => {
    const { acmeId, otherId } = stage.world;
    const own = await stage.api.must<Page<BindingView & { organization_id: string }>>('GET', path, {
      as: 'other_owner',
    });
    expect(new Set(own.items.map((item) => item.organization_id))).toEqual(new Set([otherId]));
    for (const as of ['acme_developer', 'acme_viewer', 'other_owner']) {
      const listed = await stage.api.call<Page>('GET', `${path}?organization_id=${acmeId}`, { as });
      expect(listed.status === 403 ? [] : listed.body.items).toEqual([]);
    }
  });

  it('merges role and labels', async () => {
    const body = roleBindingBody(stage.world.acmeId, issuerId, { labels: { a: '1' } });
    const made = await create(body);
    const changed = await stage.api.must<BindingView>('PATCH', `${path}/${made.id}`, {
      as: 'acme_owner',
      body: { role: 'developer', labels: { b: '2' } },
    });
    expect(changed).toMatchObject({ role: 'developer', labels: { a: '1', b: '2' }, revision: 2 });
    const cleared = await stage.api.must('PATCH', `${path}/${made.id}`, { body: { labels: null } });
    expect(cleared).toMatchObject({ role: 'developer', labels: {}, revision: 3 });
    expect(await stage.api.must('PATCH', `${path}/${made.id}`, { body: {} })).toEqual(cleared);
  });

  it('is gone at once when it is deleted', async () => {
    const { id } = await create(roleBindingBody(stage.world.acmeId, issuerId));
    expect((await stage.api.call('DELETE', `${path}/${id}`, { as: 'acme_owner' })).status).toBe(204);
    for (const method of ['GET', 'DELETE']) {
      expectRefusal(await stage.api.call(method, `${path}/${id}`), { status: 404, code: 'not_found' });
    }
  });
});

describe('the last owner', () => {
  it('stays: it is neither deleted nor given a lesser role, not even by the platform', async () => {
    const id = await newOrganization();
    const only = await create(roleBindingBody(id, issuerId, { subject: 'only', role: 'owner' }));
    await create(roleBindingBody(id, issuerId, { role: 'developer' }));
    const deleted = await stage.api.call('DELETE', `${path}/${only.id}`);
    expectRefusal(deleted, { status: 409, code: 'last_owner' });
    const demoted = await stage.api.call('PATCH', `${path}/${only.id}`, { body: { role: 'viewer' } });
    expectRefusal(demoted, { status: 409, code: 'last_owner' });
    const labelled = await stage.api.call('PATCH', `${path}/${only.id}`, { body: { labels: { a: 'b' } } });
    expect(labelled.status).toBe(200);
  });

  it.each([
    ['remove', 'DELETE', undefined],
    ['demote', 'PATCH', { role: 'viewer' }],
  ])('is left over when two owners %s each other at once', async (_, method, body) => {
    for (let round = 0; round < 2; round += 1) {
      const id = await newOrganization();
      const subjects = ['left', 'right'];
      const [left, right] = await Promise.all(
        subjects.map((subject) => create(roleBindingBody(id, issuerId, { subject, role: 'owner' }))),
      );
      const [byLeft, byRight] = await Promise.all(subjects.map((sub) => server.sign({ sub })));
      await expect.poll(() => rolesOf({ sub: 'left' })).toContain(`${id} owner`);
      const answers = await Promise.all([
        stage.api.call(method, `${path}/${right?.id}`, { token: byLeft ?? '', body }),
        stage.api.call(method, `${path}/${left?.id}`, { token: byRight ?? '', body }),
      ]);
      expect(answers.filter((answer) => answer.status < 300)).toHaveLength(1);
      // whoever came second is the last owner, or is none any more
      expect(answers.filter((answer) => [403, 404, 409].includes(answer.status))).toHaveLength(1);
      const owners = await stage.api.must<Page>('GET', `${path}?organization_id=${id}&role=owner`);
      expect(owners.items).toHaveLength(1);
    }
  });
});
