import type { Kind } from '@netplane/domain';
import { describe, expect, it } from 'vitest';
import openapi from '../../../openapi/openapi.json' with { type: 'json' };
import { createValid, kindNames, pathOf, validBody } from '../support/each-kind.ts';
import { expectRefusal } from '../support/refusals.ts';
import { roomyQuotas, useStage } from '../support/stage.ts';
import type { View } from '../support/views.ts';

const stage = useStage({ environment: roomyQuotas });

interface BodySchema {
  readonly properties: Readonly<Record<string, { readonly 'x-mutability'?: string }>>;
}

/** The fields that a request of the kind may send, as the published contract has them. */
function fieldsOf(kind: Kind, method: 'post' | 'patch'): ReadonlyMap<string, string | undefined> {
  const paths = openapi.paths as Record<string, Record<string, { requestBody?: { content: object } }>>; // OpenAPI 3.1
  const path = method === 'post' ? pathOf(kind) : `${pathOf(kind)}/{id}`;
  const [media] = Object.values(paths[path]?.[method]?.requestBody?.content ?? {}) as {
    schema: BodySchema;
  }[];
  const entries = Object.entries(media?.schema.properties ?? {});
  return new Map(entries.map(([name, schema]) => [name, schema['x-mutability']]));
}

const immutable = kindNames.flatMap((kind) =>
  [...fieldsOf(kind, 'post')].filter(([, when]) => when === 'create').map(([name]) => [kind, name] as const),
);

const updatable = kindNames.flatMap((kind) =>
  [...fieldsOf(kind, 'patch').keys()].map((name) => [kind, name] as const),
);

/** A new value of each field that an update may send; the type says when the contract has grown. */
const newValues: Readonly<Record<string, unknown>> = {
  'organization display_name': 'Changed',
  'cluster mode': 'observe',
  'cluster kube_system_uid': 'seen',
  'cluster held_disruptions': 0,
  'ip-range manage_exclude_ips': true,
  'eip name': 'changed',
  'quota limit': 3,
  'issuer audiences': ['changed'],
  'issuer jwks_uri': 'https://changed.example/keys',
  'issuer algorithms': ['PS256'],
  'role-binding role': 'developer',
};

describe('the contract', () => {
  it.each(kindNames)('says of every field of a request when it may be sent: %s', (kind) => {
    const marks = [...fieldsOf(kind, 'post').values(), ...fieldsOf(kind, 'patch').values()];
    expect(marks.length).toBeGreaterThan(0);
    expect(marks.filter((mark) => mark !== 'create' && mark !== 'update')).toEqual([]);
  });

  it.each(kindNames)('offers to change exactly what it marks as changeable: %s', (kind) => {
    const marked = [...fieldsOf(kind, 'post')].filter(([, when]) => when === 'update').map(([name]) => name);
    expect([...fieldsOf(kind, 'patch').keys()]).toEqual(expect.arrayContaining(marked));
    expect([...fieldsOf(kind, 'patch').values()]).toEqual([...fieldsOf(kind, 'patch')].map(() => 'update'));
  });
});

describe('a field that is set once', () => {
  it.each(immutable)('is refused in a patch, with its pointer: %s %s', async (kind, name) => {
    const body = (await validBody(stage, kind)) as Record<string, unknown>; // by field name
    const { id } = await stage.api.must<View>('POST', pathOf(kind), { body });
    const at = `${pathOf(kind)}/${id}`;
    const before = await stage.api.must('GET', at);
    for (const value of [body[name] ?? 'same', 'other', null]) {
      const refused = await stage.api.call('PATCH', at, { body: { [name]: value, labels: { a: 'b' } } });
      expectRefusal(refused, { status: 422, code: 'immutable_field', pointer: `/${name}` });
    }
    expect(await stage.api.must('GET', at)).toEqual(before);
  });
});

describe('a field that is only ever answered', () => {
  it.each(kindNames)('is refused in a patch as immutable and in a create as unknown: %s', async (kind) => {
    const made = await createValid(stage, kind);
    const body = await validBody(stage, kind);
    for (const name of ['id', 'revision', 'created_at', 'updated_at', 'status']) {
      const patched = await stage.api.call('PATCH', `${pathOf(kind)}/${made.id}`, { body: { [name]: 'x' } });
      expectRefusal(patched, { status: 422, code: 'immutable_field', pointer: `/${name}` });
      const created = await stage.api.call('POST', pathOf(kind), { body: { ...body, [name]: 'x' } });
      expectRefusal(created, { status: 400, code: 'invalid_request', pointer: `/${name}` });
    }
  });
});

describe('a field that may change', () => {
  it.each(updatable.filter(([, name]) => name !== 'labels'))('does: %s %s', async (kind, name) => {
    const value = newValues[`${kind} ${name}`];
    expect(value).toBeDefined();
    const made = await createValid(stage, kind);
    if (kind === 'cluster') {
      const columns = `seen_kube_system_uid = 'seen', kube_system_uid = 'known', held_disruptions = 4`;
      await stage.database.owner.query(`update cluster set ${columns} where name = $1`, [made.name]);
    }
    const changed = await stage.api.must<View>('PATCH', `${pathOf(kind)}/${made.id}`, {
      body: { [name]: value },
    });
    expect(changed).toMatchObject({ [name]: value, revision: 2 });
    expect(await stage.api.must('GET', `${pathOf(kind)}/${made.id}`)).toEqual(changed);
  });

  it.each(kindNames)(
    'is so with labels of every kind: merged, removed one by one, cleared: %s',
    async (kind) => {
      const body = { ...(await validBody(stage, kind)), labels: { keep: '1', drop: '2' } };
      const { id } = await stage.api.must<View>('POST', pathOf(kind), { body });
      const patched = async (labels: unknown) =>
        (await stage.api.must<View>('PATCH', `${pathOf(kind)}/${id}`, { body: { labels } })).labels;
      expect(await patched({ drop: null, add: '3' })).toEqual({ keep: '1', add: '3' });
      expect(await patched({ absent: null })).toEqual({ keep: '1', add: '3' });
      expect(await patched({})).toEqual({ keep: '1', add: '3' });
      expect(await patched(null)).toEqual({});
    },
  );

  it.each(kindNames)('leaves the resource as it was in an empty patch: %s', async (kind) => {
    const made = await createValid(stage, kind);
    const same = await stage.api.call<View>('PATCH', `${pathOf(kind)}/${made.id}`, { body: {} });
    expect(same.body).toEqual(made);
    expect(same.headers.get('etag')).toBe(`"1-${made.status.revision}"`);
  });
});

describe('a patch', () => {
  it('is taken as JSON too, and as nothing else', async () => {
    const { id } = await createValid(stage, 'organization');
    const send = (type: string) =>
      stage.api.call('PATCH', `/v1/organizations/${id}`, {
        body: { labels: { type: 'json' } },
        headers: { 'content-type': type },
      });
    for (const type of ['application/json', 'application/merge-patch+json; charset=utf-8']) {
      expect((await send(type)).status).toBe(200);
    }
    for (const type of ['application/json-patch+json', 'text/plain', 'application/x-www-form-urlencoded']) {
      expectRefusal(await send(type), { status: 415, code: 'unsupported_media_type' });
    }
  });

  it.each(['[]', '"text"', '1', 'null', 'true', ''])('is an object and nothing else: %s', async (body) => {
    const { id } = await createValid(stage, 'organization');
    const refused = await stage.api.call('PATCH', `/v1/organizations/${id}`, { body });
    expectRefusal(refused, { status: 400, code: 'invalid_request' });
  });

  it.each(kindNames)('names a field that no %s has', async (kind) => {
    const { id } = await createValid(stage, kind);
    const refused = await stage.api.call('PATCH', `${pathOf(kind)}/${id}`, { body: { 'no/such~field': 1 } });
    expectRefusal(refused, { status: 400, code: 'invalid_request', pointer: '/no~1such~0field' });
  });

  it('is not led astray by names that every object has', async () => {
    const { id } = await createValid(stage, 'organization');
    for (const name of ['constructor', 'toString', 'hasOwnProperty']) {
      const refused = await stage.api.call('PATCH', `/v1/organizations/${id}`, { body: { [name]: 'x' } });
      expectRefusal(refused, { status: 400, code: 'invalid_request', pointer: `/${name}` });
      const labelled = await stage.api.must<View>('PATCH', `/v1/organizations/${id}`, {
        body: { labels: { [name]: 'x' } },
      });
      expect(labelled.labels).toHaveProperty(name, 'x');
    }
  });
});
