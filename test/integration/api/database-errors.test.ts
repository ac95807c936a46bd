/** What PostgreSQL says when it cannot now, as a caller hears it: to come again, and nothing has happened. */
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Answer, GraphqlError } from '../../support/api.ts';
import { eipBody } from '../../support/builders/eip.builder.ts';
import { projectBody } from '../../support/builders/project.builder.ts';
import { eventually } from '../support/cluster-stage.ts';
import { differences } from '../support/ledger.ts';
import { useStage } from '../support/stage.ts';
import type { Problem, ProjectView, View } from '../support/views.ts';

const stage = useStage();

let project: ProjectView;
let empty: ProjectView;
beforeAll(async () => {
  // whatever is written leaves an audit row, after everything else: it fails as it is told to
  await stage.database.owner.query(`
    create table failure (state text);
    grant select on failure to public;
    create function fail() returns trigger language plpgsql security definer as $$
    declare v_state text := (select state from failure);
    begin
      if v_state is not null then
        raise exception using errcode = v_state, message = 'as a test wants it';
      end if;
      return new;
    end $$;
    grant execute on function fail to public;
    create trigger fail before insert on audit_event for each row execute function fail();
    insert into failure values (null)`);
  project = await stage.api.must('POST', '/v1/projects', { body: projectBody(stage.world.acmeId) });
  empty = await stage.api.must('POST', '/v1/projects', { body: projectBody(stage.world.acmeId) });
});

afterEach(() => failWith(null));

async function failWith(state: string | null): Promise<void> {
  await stage.database.owner.query('update failure set state = $1', [state]);
}

/** Rows that a create, a change or a delete would write. */
async function written(): Promise<object> {
  const { rows } = await stage.database.owner.query(
    `select (select count(*) from eip) as eips, (select count(*) from project) as projects,
       (select count(*) from usage_interval) as intervals, (select count(*) from event) as events,
       (select count(*) from idempotency_key) as keys, (select sum(used) from quota_usage) as used,
       (select sum(revision) from project) as revisions, (select count(*) from ip_address where state <> 'free') as taken`,
  );
  return rows[0] as object; // a query without rows of tables has one
}

const writes = {
  'an EIP': () => stage.api.call('POST', '/v1/eips', { body: eipBody(project.id), headers: key() }),
  'a project': () =>
    stage.api.call('POST', '/v1/projects', { body: projectBody(stage.world.acmeId), headers: key() }),
  'a change': () =>
    stage.api.call('PATCH', `/v1/projects/${project.id}`, { body: { labels: { a: crypto.randomUUID() } } }),
  'a delete': () => stage.api.call('DELETE', `/v1/projects/${empty.id}`),
} as const satisfies Record<string, () => Promise<Answer<unknown>>>;

function key(): Record<string, string> {
  return { 'idempotency-key': crypto.randomUUID() };
}

function expectUnavailable({ status, body, headers }: Answer<unknown>, because: string): void {
  expect([status, (body as Problem).code, (body as Problem).retryable], because).toEqual([
    503,
    'unavailable',
    true,
  ]);
  expect(headers.get('content-type')).toContain('application/problem+json');
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
}

describe('a database that cannot now', () => {
  it.each([
    ['53100', 'its disk is full'],
    ['53200', 'it is out of memory'],
    ['53300', 'it has too many connections'],
    ['53400', 'a limit of its settings is reached'],
    ['55P03', 'a lock is not to be had'],
    ['57014', 'a statement took too long'],
    ['57P01', 'an administrator ends the connection'],
    ['57P02', 'it has crashed'],
    ['57P03', 'it starts or stops'],
    ['57P04', 'the database is gone'],
    ['57P05', 'the session was idle for too long'],
    ['58030', 'its disk fails'],
    ['08006', 'the connection fails'],
    ['40001', 'transactions get in each other’s way, time and again'],
    ['40P01', 'transactions wait for each other, time and again'],
  ])('%s (%s) is answered 503, and nothing has happened', async (state, because) => {
    const before = await written();
    await failWith(state);
    for (const [what, write] of Object.entries(writes)) {
      expectUnavailable(await write(), `${what}: ${because}`);
      expect(await written(), what).toEqual(before);
    }
    await failWith(null);
    expect((await writes['an EIP']()).status).toBe(201);
    expect(await differences(stage.database)).toEqual([]);
  });

  it('says so over GraphQL too', async () => {
    await failWith('53100');
    const { data, errors } = await stage.api.graphql<object | null>(
      'mutation ($input: CreateEipInput!) { createEip(input: $input) { __typename } }',
      { input: { projectId: project.id, name: 'never' } },
    );
    expect(data).toBeNull();
    const [error] = errors as GraphqlError[];
    expect(error?.extensions).toMatchObject({ code: 'unavailable', retryable: true });
  });

  it('says so by itself where there is no connection left, and is there again by itself', async () => {
    const { owner } = stage.database;
    const limit = (count: number) =>
      owner.query(`do $$ begin
        execute format('alter database %I connection limit ${count}', current_database()); end $$`);
    await limit(1);
    await owner.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and usename like 'netplane_%'`,
    );
    await eventually(async () => {
      const answers = await Promise.all([1, 2, 3].map(() => stage.api.call('GET', '/v1/projects')));
      expect(answers.map(({ status }) => status)).toContain(503);
      for (const answer of answers) if (answer.status !== 200) expectUnavailable(answer, 'no connection');
    });
    await limit(-1);
    await eventually(async () => {
      expect((await stage.api.call<View>('GET', `/v1/projects/${project.id}`)).status).toBe(200);
      expect((await stage.api.call('GET', '/readyz')).status).toBe(200);
    });
  });
});

describe('a database that is wrong', () => {
  it.each(['22012', 'XX000', '42P01'])('%s is a fault of ours, and nothing has happened', async (state) => {
    const before = await written();
    await failWith(state);
    const { status, body } = await writes['an EIP']();
    expect([status, (body as unknown as Problem).code]).toEqual([500, 'internal']);
    expect(JSON.stringify(body)).not.toContain('as a test wants it');
    expect(await written()).toEqual(before);
  });
});
