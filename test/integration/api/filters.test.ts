import { type Kind, kinds, phases } from '@netplane/domain';
import { beforeAll, describe, expect, it } from 'vitest';
import { eipBody } from '../../support/builders/eip.builder.ts';
import { projectBody } from '../../support/builders/project.builder.ts';
import { createValid, kindNames, pathOf } from '../support/each-kind.ts';
import { expectRefusal, unknownId } from '../support/refusals.ts';
import { roomyQuotas, useStage } from '../support/stage.ts';
import type { EipView, Page, ProjectView, View } from '../support/views.ts';

const stage = useStage({ environment: roomyQuotas });

async function list(path: string, query: string, as = 'platform_admin'): Promise<readonly View[]> {
  return (await stage.api.must<Page>('GET', `${path}?${query}`, { as })).items;
}

/** A kind whose labels are rows of their own, as the platform reads them and as a tenant; and one whose labels are a column. */
const labelled = [
  ['eip', 'platform_admin'],
  ['eip', 'acme_owner'],
  ['organization', 'platform_admin'],
] as const;

describe('a label selector', () => {
  const names = ['red-prod', 'blue-prod', 'red-test', 'plain'];
  const labelsOf: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    'red-prod': { colour: 'red', env: 'prod' },
    'blue-prod': { colour: 'blue', env: 'prod', 'example.com/gpu': '' },
    'red-test': { colour: 'red', env: 'test' },
    plain: {},
  };
  let projectId: string;
  beforeAll(async () => {
    const body = projectBody(stage.world.acmeId);
    projectId = (await stage.api.must<ProjectView>('POST', '/v1/projects', { body })).id;
    for (const name of names) {
      const labels = labelsOf[name] ?? {};
      await stage.api.must<EipView>('POST', '/v1/eips', { body: eipBody(projectId, { name, labels }) });
      await stage.api.must('POST', '/v1/organizations', { body: { name, labels } });
    }
  });

  describe.each(labelled)('over %s as %s', (kind, as) => {
    it.each([
      ['colour=red', ['red-prod', 'red-test']],
      ['colour==red', ['red-prod', 'red-test']],
      ['colour = red', ['red-prod', 'red-test']],
      ['colour!=red', ['blue-prod', 'plain']],
      ['colour in (red)', ['red-prod', 'red-test']],
      ['colour in (red,blue)', ['red-prod', 'blue-prod', 'red-test']],
      ['colour in ( red , green )', ['red-prod', 'red-test']],
      ['colour notin (red,green)', ['blue-prod', 'plain']],
      ['colour', ['red-prod', 'blue-prod', 'red-test']],
      ['!colour', ['plain']],
      ['! colour', ['plain']],
      ['example.com/gpu', ['blue-prod']],
      ['example.com/gpu=', ['blue-prod']],
      ['!example.com/gpu', ['red-prod', 'red-test', 'plain']],
      ['colour=red,env=prod', ['red-prod']],
      ['colour in (red,blue),env!=prod', ['red-test']],
      ['env=prod,!example.com/gpu', ['red-prod']],
      ['colour=green', []],
      ['Colour=red', []],
      ['colour=red,colour=blue', []],
      ['', names],
    ])('finds by "%s"', async (selector, expected) => {
      const within = kind === 'eip' ? `project_id=${projectId}&` : '';
      const found = await list(pathOf(kind), `${within}labels=${encodeURIComponent(selector)}&limit=200`, as);
      const seen = found.map((item) => item.name).filter((name) => names.includes(name));
      expect(seen.sort()).toEqual([...expected].sort());
    });
  });

  it.each([
    '=red',
    'colour=red blue',
    'colour in red',
    'colour in (red',
    'colour,',
    ',',
    '-x',
    'a=b=c',
    'colour=$',
    'x'.repeat(64),
    '!',
    'colour in (a)(b)',
  ])('is refused where it is none: "%s"', async (selector) => {
    const refused = await stage.api.call('GET', `/v1/eips?labels=${encodeURIComponent(selector)}`);
    expectRefusal(refused, { status: 400, code: 'invalid_request', pointer: '?labels' });
  });

  it('has 16 requirements at most', async () => {
    const selector = (count: number) => Array.from({ length: count }, (_, n) => `key${n}`).join(',');
    expect(await list('/v1/eips', `labels=${selector(16)}`)).toEqual([]);
    const refused = await stage.api.call('GET', `/v1/eips?labels=${selector(17)}`);
    expectRefusal(refused, { status: 400, code: 'invalid_request', pointer: '?labels' });
  });
});

describe('q', () => {
  it('finds by the beginning of the name and takes nothing in it for a wildcard', async () => {
    for (const name of ['pre-a', 'pre-b', 'prelude', 'other-pre-a']) {
      await stage.api.must('POST', '/v1/organizations', { body: { name } });
    }
    const found = async (q: string) =>
      (await list('/v1/organizations', `q=${q}&sort=name`)).map((item) => item.name);
    expect(await found('pre-')).toEqual(['pre-a', 'pre-b']);
    expect(await found('pre')).toEqual(['pre-a', 'pre-b', 'prelude']);
    expect(await found('pre-a')).toEqual(['pre-a']);
    for (const q of ['%25', '_', 'Pre', 'pr%20e']) {
      const refused = await stage.api.call('GET', `/v1/organizations?q=${q}`);
      expectRefusal(refused, { status: 400, code: 'invalid_request', pointer: '?q' });
    }
  });
});

describe('every list', () => {
  const named = new Set<Kind>(['organization', 'project', 'cluster', 'external-network', 'eip', 'issuer']);

  it.each(kindNames)('refuses a filter that it does not know and names it: %s', async (kind) => {
    for (const name of ['colour', 'offset', 'constructor', 'ID']) {
      const refused = await stage.api.call('GET', `${pathOf(kind)}?${name}=1`);
      expectRefusal(refused, { status: 400, code: 'invalid_request', pointer: `?${name}` });
    }
  });

  it.each(kindNames)('has bounds for its pages: %s', async (kind) => {
    for (const limit of ['0', '-1', '201', '1.5', 'all', '', '1&limit=2']) {
      const refused = await stage.api.call('GET', `${pathOf(kind)}?limit=${limit}`);
      expectRefusal(refused, { status: 400, code: 'invalid_request', pointer: '?limit' });
    }
    for (const limit of ['1', '200']) {
      expect((await stage.api.call('GET', `${pathOf(kind)}?limit=${limit}`)).status).toBe(200);
    }
  });

  it.each(kindNames)('sorts by what it has and by nothing else: %s', async (kind) => {
    const expected = { created_at: 200, name: named.has(kind) ? 200 : 400, updated_at: 400, '-name': 400 };
    const seen = Object.keys(expected).map(async (sort) => [
      sort,
      (await stage.api.call('GET', `${pathOf(kind)}?sort=${sort}`)).status,
    ]);
    expect(Object.fromEntries(await Promise.all(seen))).toEqual(expected);
  });

  it.each(kindNames)('filters by ids, and an id of another kind is none: %s', async (kind) => {
    const [one, two] = [await createValid(stage, kind), await createValid(stage, kind)];
    const found = await list(pathOf(kind), `id=${one.id}&id=${two.id}&id=${unknownId(kind)}`);
    expect(found.map((item) => item.id)).toEqual([two.id, one.id]);
    const otherKind = kind === 'eip' ? 'project' : 'eip';
    const refused = await stage.api.call('GET', `${pathOf(kind)}?id=${unknownId(otherKind)}`);
    expectRefusal(refused, { status: 400, code: 'invalid_request' });
  });

  it.each(kindNames)('filters by the time of the last change to the microsecond: %s', async (kind) => {
    const { id, updated_at } = await createValid(stage, kind);
    const before = updated_at.replace(/\.?\d*Z$/, '').concat('Z');
    const found = async (after: string) =>
      (await list(pathOf(kind), `id=${id}&updated_after=${after}`)).length;
    expect([await found(updated_at), await found(before)]).toEqual([0, 1]);
    await stage.api.must('PATCH', `${pathOf(kind)}/${id}`, { body: { labels: { changed: 'yes' } } });
    expect(await found(updated_at)).toBe(1);
  });

  it.each(['yesterday', '2026-13-01T00:00:00Z', '2026-02-30T00:00:00Z', '2026-01-01', '1735689600'])(
    'refuses a time that is none: %s',
    async (time) => {
      const refused = await stage.api.call('GET', `/v1/eips?updated_after=${time}`);
      expectRefusal(refused, { status: 400, code: 'invalid_request', pointer: '?updated_after' });
    },
  );

  it.each([
    '0000-01-01T00:00:00Z',
    '2026-01-01T00:00:00%2B23:59',
    '2026-12-31T23:59:60Z',
    '9999-12-31T23:59:59-15:59',
  ])('answers a time at the edge of what there is, and never with an error of its own: %s', async (time) => {
    const answer = await stage.api.call('GET', `/v1/eips?updated_after=${time}`);
    expect([200, 400]).toContain(answer.status);
  });

  it.each(['/v1/eips?name=', '/v1/eips?address=', '/v1/projects?namespace=', '/v1/role-bindings?subject='])(
    'answers text that no database can hold like text that nobody has, in %s',
    async (path) => {
      const answer = await stage.api.call('GET', `${path}%00`);
      expect([200, 400]).toContain(answer.status);
    },
  );

  it.each(kindNames.filter((kind) => kinds[kind].provisioned))(
    'filters by every phase and no other: %s',
    async (kind) => {
      for (const phase of phases) {
        expect((await stage.api.call('GET', `${pathOf(kind)}?phase=${phase}`)).status).toBe(200);
      }
      const refused = await stage.api.call('GET', `${pathOf(kind)}?phase=Ready`);
      expectRefusal(refused, { status: 400, code: 'invalid_request', pointer: '?phase' });
    },
  );
});

describe('updated_after', () => {
  it.each([
    ['1321-03-28T22:34:59-18:40', true],
    ['0000-01-01T00:00:00Z', true],
    ['2016-12-31T23:59:60Z', true],
    ['2016-12-31t23:59:59.123456789z', true],
    ['9999-12-31T23:59:59-23:59', false],
  ])('reads every instant that RFC 3339 can write: %s', async (instant, isBefore) => {
    const found = await list('/v1/organizations', `updated_after=${encodeURIComponent(instant)}`);
    expect(found.length > 0).toBe(isBefore);
  });

  it('is refused in REST and in GraphQL where it is none', async () => {
    const refused = await stage.api.call('GET', '/v1/organizations?updated_after=yesterday');
    expectRefusal(refused, { status: 400, code: 'invalid_request', pointer: '?updated_after' });
    const { errors } = await stage.api.graphql(
      '{ organizations(filter: { updatedAfter: "yesterday" }) { nodes { id } } }',
    );
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'invalid_request', status: 400 });
  });
});
