import { STATUS_CODES } from 'node:http';
import { presentId } from '@netplane/domain';
import { describe, expect, it } from 'vitest';
import openapi from '../../../openapi/openapi.json' with { type: 'json' };
import type { GraphqlError } from '../../support/api.ts';
import { eipBody } from '../../support/builders/eip.builder.ts';
import { ipRangeBody } from '../../support/builders/ip-range.builder.ts';
import { issuerBody } from '../../support/builders/issuer.builder.ts';
import { organizationBody } from '../../support/builders/organization.builder.ts';
import { projectBody } from '../../support/builders/project.builder.ts';
import { roleBindingBody } from '../../support/builders/role-binding.builder.ts';
import { kindNames, pathOf } from '../support/each-kind.ts';
import { expectRefusal, unknownId } from '../support/refusals.ts';
import { useStage } from '../support/stage.ts';
import type { Problem, View } from '../support/views.ts';

const stage = useStage();

const json = { 'content-type': 'application/json' };

/** A request per way to be refused. */
const refusals: Readonly<Record<string, readonly [string, string, object, number, string]>> = {
  'malformed JSON': ['POST', '/v1/organizations', { body: '{"name":' }, 400, 'invalid_request'],
  'an unknown field': [
    'POST',
    '/v1/organizations',
    { body: { name: 'a', colour: 1 } },
    400,
    'invalid_request',
  ],
  'no token': ['GET', '/v1/eips', { as: null }, 401, 'unauthenticated'],
  'a lesser role': ['POST', '/v1/organizations', { as: 'acme_owner', body: { name: 'a' } }, 403, 'forbidden'],
  'an unknown resource': ['GET', `/v1/eips/${unknownId('eip')}`, {}, 404, 'not_found'],
  'an unknown path': ['GET', '/v1/unicorns', {}, 404, 'not_found'],
  'a path outside the API': ['GET', '/wp-login.php', { as: null }, 404, 'not_found'],
  'another method': ['PUT', '/v1/eips', { body: {} }, 405, 'method_not_allowed'],
  'a large body': [
    'POST',
    '/v1/organizations',
    { body: `"${'x'.repeat(2 ** 20)}"` },
    413,
    'payload_too_large',
  ],
  'another media type': [
    'POST',
    '/v1/eips',
    { body: 'a=b', headers: { 'content-type': 'text/plain' } },
    415,
    'unsupported_media_type',
  ],
  'an immutable field': [
    'PATCH',
    `/v1/eips/${unknownId('eip')}`,
    { body: { address: '1.1.1.1' } },
    422,
    'immutable_field',
  ],
};

describe('a refusal', () => {
  it.each(Object.entries(refusals))(
    'is problem+json with everything that belongs to it: %s',
    async (_, refusal) => {
      const [method, path, options, status, code] = refusal;
      const answer = await stage.api.call<Problem>(method, path, options);
      expectRefusal(answer, { status, code });
      expect(answer.body).toEqual({
        type: `urn:netplane:problem:${code}`,
        title: STATUS_CODES[status],
        status,
        code,
        detail: expect.stringMatching(/\w/),
        params: expect.any(Object),
        retryable: false,
        errors: expect.any(Array),
        request_id: answer.headers.get('x-request-id'),
      });
      expect(answer.body.request_id).toMatch(/^[\w.-]{1,64}$/);
      if (status === 401) expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer\b/);
    },
  );
});

describe('a request id', () => {
  it('is the caller’s where it is well-formed, in answers and in refusals', async () => {
    for (const path of ['/v1/me', '/v1/unicorns', '/healthz', '/v1/eips?colour=1']) {
      const answer = await stage.api.call('GET', path, { headers: { 'x-request-id': 'Caller.s-own_1' } });
      expect([path, answer.headers.get('x-request-id')]).toEqual([path, 'Caller.s-own_1']);
    }
  });

  it.each(['two words', 'a'.repeat(65), '{"a":1}', 'é', '../../etc', ''])(
    'is another where it is not: "%s"',
    async (id) => {
      const answer = await stage.api.call('GET', '/v1/me', { headers: { 'x-request-id': id } });
      expect(answer.status).toBe(200);
      expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    },
  );

  it('is never the same twice', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => stage.api.call('GET', '/v1/me')));
    expect(new Set(answers.map((answer) => answer.headers.get('x-request-id'))).size).toBe(20);
  });
});

describe('another method', () => {
  const known = Object.entries(openapi.paths as Record<string, Record<string, object>>).map(
    ([path, methods]) => [path.replace('{id}', unknownId('eip')), Object.keys(methods)] as const,
  );

  it.each(known)('is told which ones %s knows', async (path, methods) => {
    const allowed = methods.map((method) => method.toUpperCase());
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      if (allowed.includes(method)) continue;
      const answer = await stage.api.call(method, path);
      expectRefusal(answer, { status: 405, code: 'method_not_allowed' });
      const told = (answer.headers.get('allow') ?? '').split(', ').filter((name) => name !== 'HEAD');
      expect([method, told.sort()]).toEqual([method, [...allowed].sort()]);
    }
  });

  it.each(['PROPFIND', 'SEARCH', 'LINK', 'QUERY'])(
    'is told so too where it is seldom heard of: %s',
    async (method) => {
      const answer = await stage.api.call(method, '/v1/eips');
      expectRefusal(answer, { status: 405, code: 'method_not_allowed' });
    },
  );
});

it('is the method’s fault before it is the body’s where both are wrong', async () => {
  const headers = { 'content-type': 'text/plain' };
  for (const body of ['{', 'x'.repeat(2 ** 20 + 1)]) {
    const answer = await stage.api.call('PUT', '/v1/eips', { body, headers });
    expectRefusal(answer, { status: 405, code: 'method_not_allowed' });
  }
});

describe('a body', () => {
  const send = (body: unknown) => stage.api.call<Problem>('POST', '/v1/eips', { body, headers: json });

  it.each([
    ['no field', {}, ['/project_id']],
    ['a field that is missing', { project_id: unknownId('project') }, ['/name']],
    ['a field of another type', { ...eipBody(unknownId('project')), name: 5 }, ['/name']],
    ['an id of another kind', eipBody(unknownId('eip')), ['/project_id']],
    ['a field that it does not know', { ...eipBody(unknownId('project')), 'a/b~c': 1 }, ['/a~1b~0c']],
    [
      'a label that is no text',
      { ...eipBody(unknownId('project')), labels: { ok: 'a', no: {} } },
      ['/labels/no'],
    ],
    ['an array', [], ['']],
    ['a text', 'text', ['']],
    ['null', 'null', ['']],
  ])('is refused with a pointer to %s', async (_, body, pointers) => {
    const answer = await send(body === 'text' ? '"text"' : body);
    expectRefusal(answer, { status: 400, code: 'invalid_request' });
    expect(answer.body.errors.map((error) => error.pointer)).toEqual(pointers);
  });

  it.each(['', '{', '{"a":1,}', "{'a':1}", '{"a":NaN}', '\u0000', '{"name":"a"} trailing'])(
    'is refused where it is no JSON: %s',
    async (body) => {
      expectRefusal(await send(body), { status: 400, code: 'invalid_request' });
    },
  );

  it.each([
    '{"__proto__":{"platform_admin":true},"name":"a"}',
    '{"name":"a","labels":{"__proto__":"b"}}',
    '{"constructor":{"prototype":{"a":1}}}',
  ])('never reaches what all objects share: %s', async (body) => {
    const answer = await stage.api.call('POST', '/v1/organizations', { body });
    expectRefusal(answer, { status: 400, code: 'invalid_request' });
    expect(({} as { platform_admin?: boolean }).platform_admin).toBeUndefined();
  });

  it.each([
    ['arrays', '[', ']'],
    ['objects', '{"a":', '}'],
  ])('may be as deep as it likes in %s and is refused like any other', async (_, open, close) => {
    const deep = `${open.repeat(100_000)}1${close.repeat(100_000)}`;
    for (const path of ['/v1/eips', '/v1/organizations']) {
      const answer = await stage.api.call('POST', path, { body: `{"name":${deep}}` });
      expectRefusal(answer, { status: 400, code: 'invalid_request' });
    }
    const body = `{"query":"{ me { subject } }","extra":${deep}}`;
    const graphql = await stage.api.call<{ errors: readonly GraphqlError[] }>('POST', '/graphql', { body });
    expect([graphql.status, graphql.body.errors[0]?.extensions.code]).toEqual([400, 'invalid_request']);
    const headers = { 'idempotency-key': 'deep' };
    const keyed = await stage.api.call('POST', '/v1/eips', { body: `{"name":${deep}}`, headers });
    expectRefusal(keyed, { status: 400, code: 'invalid_request' });
  });

  it('is of another media type where none is named', async () => {
    const bare = await fetch(`${stage.api.url}/v1/me`, { method: 'POST', body: new Uint8Array([123, 125]) });
    expect([401, 405, 415]).toContain(bare.status);
    const answer = await stage.api.call('POST', '/v1/eips', { body: '{}', headers: { 'content-type': '' } });
    expectRefusal(answer, { status: 415, code: 'unsupported_media_type' });
  });
});

describe('text that no database can hold', () => {
  it.each([
    ['/display_name', '/v1/organizations', () => organizationBody({ display_name: 'a\u0000b' })],
    [
      '/subject',
      '/v1/role-bindings',
      () => roleBindingBody(stage.world.acmeId, stage.api.issuer, { subject: '\u0000' }),
    ],
    ['/audiences/0', '/v1/issuers', () => issuerBody({ audiences: ['\u0000'] })],
    ['/reservations/0/reason', '/v1/ip-ranges', () => reserving('\u0000')],
  ])('is refused where it stands: %s', async (pointer, path, bodyOf) => {
    const answer = await stage.api.call('POST', path, { body: bodyOf() });
    expectRefusal(answer, { status: 400, code: 'invalid_request', pointer });
  });

  function reserving(reason: string): object {
    const span = { first: '100.65.200.1', last: '100.65.200.9' };
    return ipRangeBody(stage.world.cloudId, span, { reservations: [{ ...span, reason }] });
  }
});

describe('an id', () => {
  it.each(kindNames)('that nobody has, or that is none, is not found: %s', async (kind) => {
    const [prefix = ''] = unknownId(kind).split('_');
    const nil = presentId(kind, '00000000-0000-0000-0000-000000000000');
    for (const id of [nil, unknownId(kind), `${prefix}_short`, 'x', '%20', '..%2f', 'a'.repeat(300)]) {
      const body = kind === 'quota' ? { limit: 1 } : { labels: { a: 'b' } };
      for (const method of ['GET', 'PATCH', 'DELETE']) {
        const answer = await stage.api.call(
          method,
          `${pathOf(kind)}/${id}`,
          method === 'PATCH' ? { body } : {},
        );
        expect([method, id, answer.status]).toEqual([method, id, 404]);
        expectRefusal(answer, { status: 404, code: 'not_found' });
      }
    }
  });

  /** As well-formed as any TypeID, but its 128 bits are those of no UUID of RFC 9562. */
  const odd = (prefix: string) => `${prefix}_01h${'z'.repeat(23)}`;

  it('is not found whatever its bits are: in a path', async () => {
    for (const method of ['GET', 'PATCH', 'DELETE']) {
      const body = method === 'PATCH' ? { labels: {} } : undefined;
      const answer = await stage.api.call(method, `/v1/eips/${odd('eip')}`, { body });
      expectRefusal(answer, { status: 404, code: 'not_found' });
    }
  });

  it.each(['organization', 'cluster', 'extnet'])(
    'is not found whatever its bits are: %s in a body',
    async (prefix) => {
      const fields = {
        organization: 'organization_id',
        cluster: 'cluster_id',
        extnet: 'egress_network',
      } as const;
      const field = fields[prefix as keyof typeof fields]; // one of the three above
      const id = odd(prefix === 'organization' ? 'org' : prefix);
      const body = projectBody(stage.world.acmeId, { [field]: id });
      const answer = await stage.api.call('POST', '/v1/projects', { body });
      expectRefusal(answer, { status: 404, code: 'not_found', pointer: `/${field}` });
    },
  );

  it('is not found whatever its bits are: in a filter and in GraphQL', async () => {
    for (const filter of [`project_id=${odd('project')}`, `id=${odd('eip')}`]) {
      const listed = await stage.api.call<{ items: readonly View[] }>('GET', `/v1/eips?${filter}`);
      expect([listed.status, listed.body.items]).toEqual([200, []]);
    }
    const answer = await stage.api.graphql<object>('query ($id: ID!) { eip(id: $id) { id } }', {
      id: odd('eip'),
    });
    expect(answer).toEqual({ data: { eip: null } });
  });
});

describe('a URI', () => {
  it('that is too long is refused as a problem', async () => {
    const answer = await stage.api.call('GET', `/v1/eips?name=${'x'.repeat(40_000)}`);
    expect([414, 431]).toContain(answer.status);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  });

  it('that is broken is refused as a problem', async () => {
    for (const path of ['/v1/eips/%', '/v1/eips/%E0%A4%A', '/v1/eips?name=%']) {
      const answer = await stage.api.call('GET', path);
      expect([path, answer.status < 500]).toEqual([path, true]);
      if (answer.status >= 400)
        expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    }
  });
});
