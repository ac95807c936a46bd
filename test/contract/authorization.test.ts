/** Every operation of the policy table: without a token, with a bad one, with each role, and as another tenant. */
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Kind, kinds, type Operation, operations, type Role, roleMay } from '@netplane/domain';
import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { roomyQuotas, useStage } from '../integration/support/stage.ts';
import { CHECKOUT } from '../runner/run-command.ts';
import type { GraphqlError } from '../support/api.ts';
import { askGraphql, askRest, type OperationRequest, requestFor, verbOf } from './requests.ts';

const stage = useStage({ environment: roomyQuotas });

/** `me.get` is about no kind and has tests of its own below. */
const walked = operations.filter((operation) => verbOf(operation) !== undefined);
const doors = { REST: askRest, GraphQL: askGraphql } as const;
type Door = keyof typeof doors;
const everyWay = walked.flatMap((operation) =>
  (Object.keys(doors) as Door[]).map((door) => ({ operation, door })),
);

/** Members of acme. */
const members: Readonly<Record<string, Role>> = {
  acme_owner: 'owner',
  acme_developer: 'developer',
  acme_viewer: 'viewer',
};

describe('the list of operations', () => {
  interface Described {
    readonly operationId?: string;
  }
  const openapi = JSON.parse(readFileSync(`${CHECKOUT}openapi/openapi.json`, 'utf8')) as {
    readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
  };

  it('is that of the paths below /v1, whole', () => {
    const served = Object.entries(openapi.paths)
      .filter(([path]) => path.startsWith('/v1/'))
      .flatMap(([, methods]) => Object.values(methods).map(({ operationId }) => operationId));
    expect(served.sort()).toEqual([...operations].sort());
  });

  it('is that of the GraphQL schema, whole', () => {
    const schema = readFileSync(`${CHECKOUT}openapi/schema.graphql`, 'utf8');
    const fieldsOf = (type: string) =>
      [...(schema.split(`\ntype ${type} {\n`)[1]?.split('\n}')[0] ?? '').matchAll(/^ {2}(\w+)/gm)].map(
        ([, name]) => name,
      );
    expect(fieldsOf('Query')).toHaveLength(1 + 2 * Object.keys(kinds).length);
    expect(fieldsOf('Mutation')).toHaveLength(3 * Object.keys(kinds).length);
  });
});

describe.each(['/v1/me', '/v1/eips', '/graphql'])('without a token that is good, %s', (path) => {
  const ask = async (header: string | undefined) =>
    stage.api.call(path === '/graphql' ? 'POST' : 'GET', path, {
      as: null,
      ...(header === undefined ? {} : { headers: { authorization: header } }),
      ...(path === '/graphql' ? { body: { query: '{ me { subject } }' } } : {}),
    });
  it.each([
    ['none', undefined],
    ['no bearer', 'Basic YTpi'],
    ['nonsense', 'Bearer nonsense'],
    ['no signature', `Bearer ${Buffer.from('{"alg":"none"}').toString('base64url')}.e30.`],
  ])('is refused: %s', async (_, header) => {
    const answer = await ask(header);
    const { code, errors } = answer.body as { code?: string; errors?: readonly GraphqlError[] }; // by door
    const seen = path === '/graphql' ? errors?.[0]?.extensions.code : code;
    expect([answer.status, seen]).toEqual([401, 'unauthenticated']);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
  });
});

describe.each(everyWay)('$operation over $door', ({ operation, door }) => {
  const ask = doors[door];

  it('is refused without a token and with one that somebody else has signed', async () => {
    const request = await requestFor(stage, operation);
    expect(await ask(stage.api, request, { as: null })).toMatchObject({
      status: 401,
      code: 'unauthenticated',
    });
    const token = await forgedToken();
    expect(await ask(stage.api, request, { token })).toMatchObject({ status: 401, code: 'unauthenticated' });
  });

  it('is for platform administrators', async () => {
    const { code } = await ask(stage.api, await requestFor(stage, operation), {});
    expect(code).toBeUndefined();
  });

  it.each(Object.entries(members))('is for %s as the policy says', async (as, role) => {
    const request = await requestFor(stage, operation);
    const { code } = await ask(stage.api, request, { as });
    const expected = roleMay(role, operation) ? [undefined] : refusalsOf(door, operation);
    expect(expected).toContain(code);
  });

  it('shows and gives nothing of acme to another tenant', async () => {
    const request = await requestFor(stage, operation);
    const outcome = await ask(stage.api, request, { as: 'other_owner' });
    expect(outcome.code).toBe(codeForStranger(door, request));
    const ofAcme = isShared(request.kind) ? [] : await idsOfAcme(request);
    expect(outcome.ids.filter((id) => ofAcme.includes(id))).toEqual([]);
  });
});

describe('me.get', () => {
  it('is for whoever holds a token', async () => {
    for (const as of [...Object.keys(members), 'other_owner', 'platform_admin']) {
      expect((await stage.api.call('GET', '/v1/me', { as })).status).toBe(200);
      expect((await stage.api.graphql<object>('{ me { subject } }', {}, { as })).errors).toBeUndefined();
    }
  });
});

function isPlatformOnly(operation: Operation): boolean {
  return (['owner', 'developer', 'viewer'] as const).every((role) => !roleMay(role, operation));
}

/** What a member is told who may not do it. */
function refusalsOf(door: Door, operation: Operation): readonly (string | undefined)[] {
  const verb = verbOf(operation)?.verb;
  const isRead = verb === 'list' || verb === 'get';
  if (isRead && door === 'GraphQL') return verb === 'list' ? [undefined, 'not_found'] : ['not_found']; // null, no error
  if (verb === 'list' && !isPlatformOnly(operation)) return [undefined]; // of what there is to see: nothing
  return isRead ? ['forbidden', 'not_found'] : ['forbidden'];
}

/** What the platform shares with all members is shared; the rest is refused alike, whether it exists or not. */
function codeForStranger(door: Door, { operation, kind, verb }: OperationRequest): string | undefined {
  const isRead = verb === 'list' || verb === 'get';
  if (isPlatformOnly(operation)) return isRead && door === 'GraphQL' ? 'not_found' : 'forbidden';
  return isShared(kind) || verb === 'list' ? undefined : 'not_found';
}

/** Every member may choose from them. */
function isShared(kind: Kind): boolean {
  return kind === 'cluster' || kind === 'external-network';
}

async function idsOfAcme({ kind, id }: OperationRequest): Promise<readonly string[]> {
  if (kind === 'organization') return [stage.world.acmeId];
  if (kind === 'ip-range') return id === undefined ? [] : [id];
  const path = `/v1/${kinds[kind].collection}?limit=200&organization_id=${stage.world.acmeId}`;
  const { items } = await stage.api.must<{ items: readonly { id: string }[] }>('GET', path);
  expect(items.length).toBeGreaterThan(0);
  return items.map((item) => item.id);
}

/** As the platform administrator's, but signed with a key that the issuer does not have. */
async function forgedToken(): Promise<string> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const issuer = await stage.api.must<{ issuer_url: string; audiences: readonly string[] }>(
    'GET',
    `/v1/issuers/${stage.api.issuer}`,
  );
  return new SignJWT({ platform_admin: true })
    .setProtectedHeader({ alg: 'ES256', kid: 'forged' })
    .setSubject('platform-admin')
    .setIssuer(issuer.issuer_url)
    .setAudience([...issuer.audiences])
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(privateKey);
}
