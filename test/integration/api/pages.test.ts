import { beforeAll, describe, expect, it } from 'vitest';
import { eipBody } from '../../support/builders/eip.builder.ts';
import { organizationBody } from '../../support/builders/organization.builder.ts';
import { projectBody } from '../../support/builders/project.builder.ts';
import { roleBindingBody } from '../../support/builders/role-binding.builder.ts';
import { createValid, kindNames, pathOf } from '../support/each-kind.ts';
import { uuidOf } from '../support/ledger.ts';
import { expectRefusal } from '../support/refusals.ts';
import { roomyQuotas, useStage } from '../support/stage.ts';
import type { EipView, Page, ProjectView, View } from '../support/views.ts';
import { useWorker } from '../support/worker.ts';

const stage = useStage({ environment: roomyQuotas });
const worker = useWorker(stage);

async function newProject(organizationId = stage.world.acmeId): Promise<ProjectView> {
  return stage.api.must<ProjectView>('POST', '/v1/projects', { body: projectBody(organizationId) });
}

async function newEip(projectId: string, changes: object = {}): Promise<EipView> {
  return stage.api.must<EipView>('POST', '/v1/eips', { body: eipBody(projectId, changes) });
}

interface Walk {
  readonly as?: string;
  /** Called after each page. */
  readonly between?: () => Promise<void>;
}

/** Everything that a list answers, page by page; never more than 200 pages. */
async function walk(
  path: string,
  query: string,
  { as = 'platform_admin', between }: Walk = {},
): Promise<readonly View[]> {
  const items: View[] = [];
  let cursor: string | null = '';
  for (let page = 0; cursor !== null && page < 200; page += 1) {
    const at: string = `${path}?${query}${cursor === '' ? '' : `&cursor=${cursor}`}`;
    const answer: Page = await stage.api.must<Page>('GET', at, { as });
    items.push(...answer.items);
    cursor = answer.next_cursor;
    await between?.();
  }
  expect(cursor).toBeNull();
  return items;
}

const idsOf = (items: readonly View[]) => items.map((item) => item.id);

describe('the pages of a list', () => {
  let project: ProjectView;
  let all: readonly string[];
  beforeAll(async () => {
    project = await newProject();
    const made: EipView[] = [];
    for (let index = 0; index < 12; index += 1)
      made.push(await newEip(project.id, { name: `eip-${(index * 7) % 12}` }));
    all = [project.gateway_eip_id, ...idsOf(made)];
  });

  it.each([1, 2, 5, 12, 13, 200])('hold everything once, newest first, at %i a page', async (limit) => {
    const items = await walk('/v1/eips', `project_id=${project.id}&limit=${limit}`);
    expect(idsOf(items)).toEqual([...all].reverse());
  });

  it.each([1, 4, 13])('hold everything once in order of name, at %i a page', async (limit) => {
    const items = await walk('/v1/eips', `project_id=${project.id}&sort=name&limit=${limit}`);
    const names = items.map((item) => item.name);
    expect(names).toEqual([...names].sort());
    expect(new Set(idsOf(items))).toEqual(new Set(all));
    expect(items).toHaveLength(13);
  });

  it('end without a cursor exactly at the last row', async () => {
    const page = await stage.api.must<Page>('GET', `/v1/eips?project_id=${project.id}&limit=13`);
    expect([page.items.length, page.next_cursor]).toEqual([13, null]);
    const shorter = await stage.api.must<Page>('GET', `/v1/eips?project_id=${project.id}&limit=12`);
    expect([shorter.items.length, typeof shorter.next_cursor]).toEqual([12, 'string']);
  });

  it('hold 50 where no limit is sent', async () => {
    const { id } = await newProject();
    await Promise.all(Array.from({ length: 50 }, () => newEip(id)));
    const page = await stage.api.must<Page>('GET', `/v1/eips?project_id=${id}`);
    expect([page.items.length, typeof page.next_cursor]).toEqual([50, 'string']);
  });

  it('may change in size from one to the next', async () => {
    const first = await stage.api.must<Page>('GET', `/v1/eips?project_id=${project.id}&limit=3`);
    const query = `project_id=${project.id}&limit=10&cursor=${first.next_cursor}`;
    const second = await stage.api.must<Page>('GET', `/v1/eips?${query}`);
    expect(idsOf([...first.items, ...second.items])).toEqual([...all].reverse());
  });

  it.each(['created_at', 'name'])('repeat and lose nothing while rows come and go, by %s', async (sort) => {
    const { id } = await newProject();
    const made: EipView[] = [];
    for (let index = 0; index < 10; index += 1) made.push(await newEip(id, { name: `n-${index}-stays` }));
    const goes = [await newEip(id, { name: 'n-3-goes' }), await newEip(id, { name: 'n-8-goes' })];
    let round = 0;
    const between = async () => {
      round += 1;
      if (round > 3) return;
      await newEip(id, { name: `n-${round * 2}-comes` });
      const going = goes.pop();
      if (going === undefined) return;
      await stage.api.must('DELETE', `/v1/eips/${going.id}`);
      await worker.finish('eip', going.id);
    };
    const items = idsOf(await walk('/v1/eips', `project_id=${id}&sort=${sort}&limit=2`, { between }));
    expect(new Set(items).size).toBe(items.length);
    for (const eip of made) expect(items).toContain(eip.id);
  });

  it.each([1, 2, 7])('hold what has a label once, newest first, at %i a page', async (limit) => {
    const { id } = await newProject();
    const made: EipView[] = [];
    for (let index = 0; index < 9; index += 1) {
      made.push(await newEip(id, { labels: { part: `${index % 2}`, all: '' } }));
    }
    const moved = made.at(-1);
    await stage.api.must('PATCH', `/v1/eips/${moved?.id}`, { body: { labels: { part: '1', all: '' } } });
    const ones = made.filter((eip, index) => index % 2 === 1 || eip === moved);
    const zeros = made.filter((eip) => !ones.includes(eip));
    const found = async (labels: string) => {
      const query = `labels=${encodeURIComponent(labels)}&limit=${limit}&project_id=${id}`;
      return idsOf(await walk('/v1/eips', query, { as: 'acme_owner' }));
    };
    expect(await found('part=0')).toEqual(idsOf(zeros).reverse());
    expect(await found('all=,part=1')).toEqual(idsOf(ones).reverse());
    expect(await found('part!=0,all=')).toEqual(idsOf(ones).reverse());
  });

  it('hold rows of one instant once each', async () => {
    const { id } = await newProject();
    await Promise.all(Array.from({ length: 9 }, () => newEip(id)));
    await stage.database.owner.query(
      `update eip set created_at = '2026-01-01T00:00:00.123456Z' where project_id = $1`,
      [uuidOf('project', id)],
    );
    const items = await walk('/v1/eips', `project_id=${id}&limit=3`);
    expect(new Set(items.map((item) => item.created_at))).toEqual(new Set(['2026-01-01T00:00:00.123456Z']));
    expect(new Set(idsOf(items)).size).toBe(10);
  });

  it('hold what a member of two organizations may see, merged in order', async () => {
    const { id: second } = await stage.api.must<View>('POST', '/v1/organizations', {
      body: organizationBody(),
    });
    const binding = roleBindingBody(second, stage.api.issuer, { subject: 'acme-viewer' });
    await stage.api.must('POST', '/v1/role-bindings', { body: binding });
    const [here, there] = [await newProject(), await newProject(second)];
    const made: string[] = [];
    for (let index = 0; index < 6; index += 1)
      made.push((await newEip(index % 2 === 0 ? here.id : there.id)).id);
    const within = (items: readonly View[]) => idsOf(items).filter((id) => made.includes(id));
    const mine = async () => walk('/v1/eips', 'limit=5&purpose=general', { as: 'acme_viewer' });
    await expect.poll(async () => within(await mine()), { timeout: 20_000 }).toEqual([...made].reverse());
  });

  it.each(['platform_admin', 'acme_viewer'])(
    'hold each organization that is asked for once, however often it is named, for %s',
    async (as) => {
      const { acmeId } = stage.world;
      const organizations = await walk('/v1/organizations', `id=${acmeId}&id=${acmeId}`, { as });
      expect(idsOf(organizations)).toEqual([acmeId]);
      const { id: elsewhere } = await stage.api.must<View>('POST', '/v1/organizations', {
        body: organizationBody(),
      });
      const [here, there] = [await newProject(), await newProject(elsewhere)];
      const own = await walk('/v1/projects', `organization_id=${acmeId}&limit=7`, { as });
      expect(idsOf(own)).toContain(here.id);
      expect(idsOf(own)).not.toContain(there.id);
      const foreign = await walk('/v1/projects', `organization_id=${elsewhere}`, { as });
      expect(idsOf(foreign)).toEqual(as === 'platform_admin' ? [there.id] : []);
    },
  );

  it.each(kindNames)('are walked one by one through every kind: %s', async (kind) => {
    for (let index = 0; index < 3; index += 1) await createValid(stage, kind);
    const query = kind === 'eip' ? 'limit=40' : 'limit=2';
    const items = await walk(pathOf(kind), query);
    const times = items.map((item) => item.created_at);
    expect(items.length).toBeGreaterThanOrEqual(3);
    expect(new Set(idsOf(items)).size).toBe(items.length);
    for (const [index, time] of times.entries()) expect((times[index + 1] ?? time) <= time).toBe(true);
  });
});

describe('a cursor', () => {
  async function firstPage(query: string): Promise<string> {
    const page = await stage.api.must<Page>('GET', `/v1/eips?${query}&limit=1`);
    if (page.next_cursor === null) throw new Error('no second page');
    return page.next_cursor;
  }

  it('goes with its filters and its sort only', async () => {
    const { id } = await newProject();
    await newEip(id, { labels: { a: 'b' } });
    await newEip(id, { labels: { a: 'b' } });
    const cursor = await firstPage(`project_id=${id}&labels=a`);
    const accepted = await stage.api.call(
      'GET',
      `/v1/eips?labels=a&project_id=${id}&count=true&cursor=${cursor}`,
    );
    expect(accepted.status).toBe(200);
    for (const query of [
      '',
      `project_id=${id}`,
      `project_id=${id}&labels=a,a`,
      `project_id=${id}&labels=a&sort=name`,
      `project_id=${id}&labels=a&phase=pending`,
    ]) {
      const refused = await stage.api.call('GET', `/v1/eips?${query}&cursor=${cursor}`);
      expectRefusal(refused, { status: 400, code: 'invalid_cursor', pointer: '?cursor' });
    }
    const elsewhere = await stage.api.call('GET', `/v1/projects?cursor=${cursor}`);
    expectRefusal(elsewhere, { status: 400, code: 'invalid_cursor', pointer: '?cursor' });
  });

  it('is refused when a single character of it is another', async () => {
    await newEip((await newProject()).id);
    const cursor = await firstPage('purpose=general');
    for (let index = 0; index < cursor.length - 1; index += 3) {
      const other = cursor[index] === 'A' ? 'B' : 'A';
      const tampered = `${cursor.slice(0, index)}${other}${cursor.slice(index + 1)}`;
      const refused = await stage.api.call('GET', `/v1/eips?purpose=general&cursor=${tampered}`);
      expectRefusal(refused, { status: 400, code: 'invalid_cursor', pointer: '?cursor' });
    }
  });

  it.each(['x', 'AAAA', 'e30', '%F0%9F%92%A5', `${'A'.repeat(1_024)}`])(
    'is refused when it is none: %s',
    async (cursor) => {
      const refused = await stage.api.call('GET', `/v1/eips?cursor=${cursor}`);
      expectRefusal(refused, { status: 400, code: 'invalid_cursor', pointer: '?cursor' });
    },
  );
});

describe('count=true', () => {
  it('answers how many there are, whatever the page', async () => {
    const { id } = await newProject();
    for (let index = 0; index < 4; index += 1) await newEip(id, { labels: { n: String(index % 2) } });
    const page = async (query: string) => stage.api.must<Page>('GET', `/v1/eips?project_id=${id}&${query}`);
    expect((await page('count=true&limit=1')).total).toBe(5);
    const { next_cursor } = await page('limit=2');
    expect((await page(`count=true&limit=2&cursor=${next_cursor}`)).total).toBe(5);
    expect((await page('count=true&labels=n%3D0')).total).toBe(2);
    expect(await page('count=false&limit=1')).not.toHaveProperty('total');
    expect(await page('limit=1')).not.toHaveProperty('total');
  });

  it('counts for members what they may see', async () => {
    const counted = async (as: string) =>
      (await stage.api.must<Page>('GET', '/v1/projects?count=true&limit=1', { as })).total ?? 0;
    const own = await counted('other_owner');
    await newProject(stage.world.acmeId);
    expect(await counted('other_owner')).toBe(own);
    await newProject(stage.world.otherId);
    expect(await counted('other_owner')).toBe(own + 1);
  });
});
