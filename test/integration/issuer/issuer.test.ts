import { parseId } from '@netplane/domain';
import { beforeAll, describe, expect, it } from 'vitest';
import { startTestApi } from '../../support/api.ts';
import { issuerBody } from '../../support/builders/issuer.builder.ts';
import { organizationBody } from '../../support/builders/organization.builder.ts';
import { roleBindingBody } from '../../support/builders/role-binding.builder.ts';
import { type IssuerServer, startIssuerServer } from '../support/issuer-server.ts';
import { expectRefusal, unknownId } from '../support/refusals.ts';
import { useStage } from '../support/stage.ts';
import type { Page, View } from '../support/views.ts';

const stage = useStage();
const path = '/v1/issuers';

interface IssuerView extends View {
  readonly organization_id: string | null;
  readonly issuer_url: string;
}

async function create(body: object = issuerBody()): Promise<IssuerView> {
  return stage.api.must<IssuerView>('POST', path, { body });
}

async function bind(
  issuerId: string,
  organizationId: string,
  subject: string,
  role = 'owner',
): Promise<string> {
  const body = { organization_id: organizationId, issuer_id: issuerId, subject, role };
  return (await stage.api.must<View>('POST', '/v1/role-bindings', { body })).id;
}

interface Me {
  readonly platform_admin: boolean;
  readonly issuer: string;
  readonly organizations: readonly { readonly name: string; readonly role: string }[];
}

describe('creating an issuer', () => {
  it('answers what was sent', async () => {
    const body = issuerBody({
      organization_id: stage.world.acmeId,
      audiences: ['netplane', 'portal'],
      jwks_uri: 'https://keys.example/set',
      algorithms: ['EdDSA', 'ES384'],
      labels: { realm: 'acme' },
    });
    const created = await stage.api.call<IssuerView>('POST', path, { body });
    expect(created.status).toBe(201);
    expect(created.headers.get('location')).toBe(`${path}/${created.body.id}`);
    expect(created.body).toMatchObject({ ...body, revision: 1, status: { phase: 'ready' } });
    expect((await stage.api.call('GET', `${path}/${created.body.id}`)).text).toBe(created.text);
  });

  it('is the platform’s, discovers its keys and takes usual algorithms where nothing is sent', async () => {
    const { algorithms: _, ...body } = issuerBody();
    const made = await create(body);
    expect(made).toMatchObject({ ...body, organization_id: null, jwks_uri: null, labels: {} });
    expect(made).toHaveProperty('algorithms', ['ES256', 'RS256', 'PS256', 'EdDSA']);
  });

  it.each([
    ['no URL', { issuer_url: 'nonsense' }, '/issuer_url'],
    ['another scheme', { issuer_url: 'ftp://issuer.example' }, '/issuer_url'],
    ['a query', { issuer_url: 'https://issuer.example/?realm=a' }, '/issuer_url'],
    ['a fragment', { issuer_url: 'https://issuer.example/#a' }, '/issuer_url'],
    ['credentials', { issuer_url: 'https://user:word@issuer.example/' }, '/issuer_url'],
    ['keys that are no URL', { jwks_uri: 'nonsense' }, '/jwks_uri'],
  ])('refuses %s', async (_, changes, pointer) => {
    const refused = await stage.api.call('POST', path, { body: issuerBody(changes) });
    expectRefusal(refused, { status: 422, code: 'validation_failed', pointer });
  });

  it('refuses plain http where the settings do not allow it', async () => {
    // the tests' own issuer speaks plain http: what was set is used, what is discovered would not be
    const own = `${path}/${stage.api.issuer}`;
    const { issuer_url: url } = await stage.api.must<IssuerView>('GET', own);
    const discovered = await fetch(`${url}/.well-known/openid-configuration`);
    const { jwks_uri: jwksUri } = (await discovered.json()) as { jwks_uri: string }; // OIDC discovery
    await stage.api.must('PATCH', own, { body: { jwks_uri: jwksUri } });
    const strict = await startTestApi(stage.database, { ALLOW_HTTP_ISSUERS: 'false' });
    for (const changes of [
      { issuer_url: 'http://issuer.example' },
      { jwks_uri: 'http://issuer.example/keys' },
    ]) {
      const refused = await strict.call('POST', path, { body: issuerBody(changes) });
      const pointer = `/${Object.keys(changes)[0]}`;
      expectRefusal(refused, { status: 422, code: 'validation_failed', pointer });
    }
    await strict.stop();
  });

  it.each([
    ['a symmetric algorithm', { algorithms: ['HS256'] }, '/algorithms/0'],
    ['no algorithm', { algorithms: ['none'] }, '/algorithms/0'],
    ['an empty list of algorithms', { algorithms: [] }, '/algorithms'],
    ['no audience', { audiences: [] }, '/audiences'],
    ['an audience twice', { audiences: ['a', 'a'] }, '/audiences'],
    ['17 audiences', { audiences: Array.from({ length: 17 }, (_, n) => `a${n}`) }, '/audiences'],
  ])('refuses %s as malformed', async (_, changes, pointer) => {
    const refused = await stage.api.call('POST', path, { body: { ...issuerBody(), ...changes } });
    expectRefusal(refused, { status: 400, code: 'invalid_request', pointer });
  });

  it('refuses a URL that is taken and names who has it', async () => {
    const { id, issuer_url } = await create();
    const refused = await stage.api.call('POST', path, { body: issuerBody({ issuer_url }) });
    const holder = { kind: 'issuer', id };
    expectRefusal(refused, { status: 409, code: 'name_taken', pointer: '/issuer_url', holder });
  });

  it('refuses a name that is taken and names who has it', async () => {
    const { id, name } = await create();
    const refused = await stage.api.call('POST', path, { body: issuerBody({ name }) });
    const holder = { kind: 'issuer', id };
    expectRefusal(refused, { status: 409, code: 'name_taken', pointer: '/name', holder });
  });

  it('takes the same name in another organization', async () => {
    const { name } = await create(issuerBody({ organization_id: stage.world.acmeId }));
    const body = issuerBody({ organization_id: stage.world.otherId, name });
    expect((await stage.api.call('POST', path, { body })).status).toBe(201);
  });

  it('refuses an organization that nobody knows', async () => {
    const body = issuerBody({ organization_id: unknownId('organization') });
    const refused = await stage.api.call('POST', path, { body });
    expectRefusal(refused, { status: 404, code: 'not_found', pointer: '/organization_id' });
  });

  it('is for platform administrators only', async () => {
    const body = issuerBody({ organization_id: stage.world.acmeId });
    const refused = await stage.api.call('POST', path, { as: 'acme_owner', body });
    expectRefusal(refused, { status: 403, code: 'forbidden' });
  });
});

describe('reading issuers', () => {
  it('shows owners the platform’s and their own, and nothing of others', async () => {
    const platform = await create();
    const own = await create(issuerBody({ organization_id: stage.world.acmeId }));
    const foreign = await create(issuerBody({ organization_id: stage.world.otherId }));
    const page = await stage.api.must<Page>('GET', `${path}?limit=200`, { as: 'acme_owner' });
    const ids = page.items.map((item) => item.id);
    expect(ids).toEqual(expect.arrayContaining([platform.id, own.id, stage.api.issuer]));
    expect(ids).not.toContain(foreign.id);
    const refused = await stage.api.call('GET', `${path}/${foreign.id}`, { as: 'acme_owner' });
    expectRefusal(refused, { status: 404, code: 'not_found' });
  });

  it.each(['acme_developer', 'acme_viewer'])('shows %s none, as the policy says', async (as) => {
    const listed = await stage.api.call<Page>('GET', path, { as });
    expect(listed.status === 403 ? [] : listed.body.items.map((item) => item.name)).toEqual([]);
    const one = await stage.api.call('GET', `${path}/${stage.api.issuer}`, { as });
    expect([403, 404]).toContain(one.status);
  });

  it('filters by id, name, prefix, labels, organization and time of change', async () => {
    const { acmeId } = stage.world;
    const one = await create(
      issuerBody({ name: 'filter-one', organization_id: acmeId, labels: { c: 'red' } }),
    );
    const two = await create(issuerBody({ name: 'filter-two' }));
    const idsOf = async (query: string) =>
      (await stage.api.must<Page>('GET', `${path}?q=filter-&${query}`)).items.map((item) => item.id);
    expect(await idsOf('sort=name')).toEqual([one.id, two.id]);
    expect(await idsOf(`id=${two.id}`)).toEqual([two.id]);
    expect(await idsOf('name=filter-one')).toEqual([one.id]);
    expect(await idsOf('labels=c!%3Dred')).toEqual([two.id]);
    expect(await idsOf(`organization_id=${acmeId}`)).toEqual([one.id]);
    expect(await idsOf(`updated_after=${one.updated_at}`)).toEqual([two.id]);
  });
});

describe('tokens of a second issuer', () => {
  let server: IssuerServer;
  let issuer: IssuerView;
  beforeAll(async () => {
    server = await startIssuerServer();
    const { acmeId } = stage.world;
    issuer = await create(issuerBody({ organization_id: acmeId, issuer_url: server.url }));
    await bind(issuer.id, acmeId, 'someone');
  });

  it('act in the organization that the issuer is bound to', async () => {
    const me = await stage.api.must<Me>('GET', '/v1/me', { token: await server.sign({ sub: 'someone' }) });
    expect(me).toMatchObject({ subject: 'someone', issuer: server.url, issuer_id: issuer.id });
    expect(me.organizations).toMatchObject([{ name: 'acme', role: 'owner' }]);
  });

  it('are never a platform administrator’s, whatever they claim', async () => {
    const token = await server.sign({ sub: 'someone', platform_admin: true });
    expect(await stage.api.must<Me>('GET', '/v1/me', { token })).toMatchObject({ platform_admin: false });
    const refused = await stage.api.call('POST', '/v1/organizations', { token, body: organizationBody() });
    expectRefusal(refused, { status: 403, code: 'forbidden' });
  });

  it('act nowhere else: another organization cannot bind the issuer, and a binding there counts for nothing', async () => {
    const { otherId } = stage.world;
    const body = roleBindingBody(otherId, issuer.id, { subject: 'someone' });
    for (const as of ['platform_admin', 'other_owner']) {
      const refused = await stage.api.call('POST', '/v1/role-bindings', { as, body });
      expectRefusal(refused, { status: 404, code: 'not_found', pointer: '/issuer_id' });
    }
    await stage.database.owner.query(
      `insert into role_binding (id, organization_id, issuer_id, subject, role)
       values (gen_random_uuid(), $1, $2, 'smuggled', 'owner')`,
      [parseId('organization', otherId), parseId('issuer', issuer.id)],
    );
    const me = await stage.api.must<Me>('GET', '/v1/me', { token: await server.sign({ sub: 'smuggled' }) });
    expect(me.organizations).toEqual([]);
  });

  it('are not the subject of the same name of another issuer', async () => {
    const token = await server.sign({ sub: 'acme-owner', email: 'owner@acme.example' });
    expect((await stage.api.must<Me>('GET', '/v1/me', { token })).organizations).toEqual([]);
  });

  it.each(['clusters', 'external-networks', 'issuers'])(
    'show a holder without any role no %s: those are for members',
    async (collection) => {
      const token = await server.sign({ sub: 'nobody' });
      const listed = await stage.api.call<Page>('GET', `/v1/${collection}`, { token });
      expect(listed.status === 403 ? [] : listed.body.items.map((item) => item.name)).toEqual([]);
    },
  );
});

describe('changing and deleting an issuer', () => {
  it('merges a patch, and null finds the keys by discovery again', async () => {
    const made = await create(issuerBody({ jwks_uri: 'https://keys.example', labels: { a: '1' } }));
    const body = { audiences: ['other'], algorithms: ['RS256'], labels: { b: '2' } };
    const changed = await stage.api.must<IssuerView>('PATCH', `${path}/${made.id}`, { body });
    const labels = { a: '1', b: '2' };
    expect(changed).toMatchObject({ ...body, labels, jwks_uri: 'https://keys.example', revision: 2 });
    const cleared = await stage.api.must<IssuerView>('PATCH', `${path}/${made.id}`, {
      body: { jwks_uri: null, labels: null },
    });
    expect(cleared).toMatchObject({ jwks_uri: null, labels: {}, revision: 3 });
    expect(await stage.api.must('PATCH', `${path}/${made.id}`, { body: {} })).toEqual(cleared);
    const refused = await stage.api.call('PATCH', `${path}/${made.id}`, { body: { jwks_uri: 'nonsense' } });
    expectRefusal(refused, { status: 422, code: 'validation_failed', pointer: '/jwks_uri' });
  });

  it('takes effect on tokens that were accepted before', async () => {
    const server = await startIssuerServer();
    const { id } = await create(issuerBody({ issuer_url: server.url }));
    const token = await server.sign({ sub: 'someone' });
    const statusOf = async () => (await stage.api.call('GET', '/v1/me', { token })).status;
    expect(await statusOf()).toBe(200);
    await stage.api.must('PATCH', `${path}/${id}`, { body: { audiences: ['elsewhere'] } });
    await expect.poll(statusOf, { timeout: 5_000 }).toBe(401);
    await stage.api.must('PATCH', `${path}/${id}`, { body: { audiences: ['netplane'] } });
    await expect.poll(statusOf, { timeout: 5_000 }).toBe(200);
    expect((await stage.api.call('DELETE', `${path}/${id}`)).status).toBe(204);
    await expect.poll(statusOf, { timeout: 5_000 }).toBe(401);
  });

  it('is not deleted while a role binding names it, and says which', async () => {
    const made = await create(issuerBody({ organization_id: stage.world.acmeId }));
    const bindingId = await bind(made.id, stage.world.acmeId, 'someone', 'viewer');
    const refused = await stage.api.call('DELETE', `${path}/${made.id}`);
    const holder = { kind: 'role-binding', id: bindingId };
    expectRefusal(refused, { status: 409, code: 'has_dependents', holder });
    await stage.api.must('DELETE', `/v1/role-bindings/${bindingId}`);
    expect((await stage.api.call('DELETE', `${path}/${made.id}`)).status).toBe(204);
    expectRefusal(await stage.api.call('GET', `${path}/${made.id}`), { status: 404, code: 'not_found' });
  });

  it('is for platform administrators only', async () => {
    for (const [method, body] of [['PATCH', {}], ['DELETE']] as const) {
      const refused = await stage.api.call(method, `${path}/${stage.api.issuer}`, { as: 'acme_owner', body });
      expectRefusal(refused, { status: 403, code: 'forbidden' });
    }
  });
});
