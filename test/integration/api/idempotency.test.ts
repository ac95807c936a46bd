import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../../support/api.ts';
import { eipBody } from '../../support/builders/eip.builder.ts';
import { projectBody } from '../../support/builders/project.builder.ts';
import { roleBindingBody } from '../../support/builders/role-binding.builder.ts';
import { kindNames, pathOf, validBody } from '../support/each-kind.ts';
import { uuidOf } from '../support/ledger.ts';
import { expectRefusal } from '../support/refusals.ts';
import { roomyQuotas, useStage } from '../support/stage.ts';
import type { EipView, Page, ProjectView, View } from '../support/views.ts';
import { useWorker } from '../support/worker.ts';

const stage = useStage({ environment: roomyQuotas });
const worker = useWorker(stage);

let project: ProjectView;
beforeAll(async () => {
  const body = projectBody(stage.world.acmeId);
  project = await stage.api.must<ProjectView>('POST', '/v1/projects', { body });
});

interface Sending {
  readonly as?: string;
  readonly prefer?: string;
}

async function send<T = EipView>(
  path: string,
  body: unknown,
  key: string,
  { as = 'platform_admin', prefer }: Sending = {},
) {
  const headers = { 'idempotency-key': key, ...(prefer === undefined ? {} : { prefer }) };
  return stage.api.call<T>('POST', path, { as, body, headers });
}

function expectReplay(replay: Answer<unknown>, first: Answer<unknown>): void {
  const seen = (answer: Answer<unknown>) => ({
    status: answer.status,
    text: answer.text,
    location: answer.headers.get('location'),
    etag: answer.headers.get('etag'),
  });
  expect(seen(replay)).toEqual(seen(first));
  expect(first.headers.get('idempotency-replayed')).toBeNull();
  expect(replay.headers.get('idempotency-replayed')).toBe('true');
}

describe('a create that is sent again with its key', () => {
  it.each(kindNames)('answers byte for byte the same and makes nothing: %s', async (kind) => {
    const body = await validBody(stage, kind);
    const count = async () =>
      (await stage.api.must<Page>('GET', `${pathOf(kind)}?count=true&limit=1`)).total ?? 0;
    const before = await count();
    const key = randomUUID();
    const first = await send(pathOf(kind), body, key);
    expect(first.status).toBe(201);
    const replay = await send(pathOf(kind), body, key);
    expectReplay(replay, first);
    expect(await count()).toBe(before + 1);
  });

  it('answers what was committed, even when the resource has changed or is gone', async () => {
    const key = randomUUID();
    const body = eipBody(project.id, { labels: { b: '1', a: '2' } });
    const first = await send('/v1/eips', body, key);
    await stage.api.must('PATCH', `/v1/eips/${first.body.id}`, { body: { labels: null } });
    await worker.report('eip', first.body.id, 'ready');
    expectReplay(await send('/v1/eips', body, key), first);
    await stage.api.must('DELETE', `/v1/eips/${first.body.id}`);
    await worker.finish('eip', first.body.id);
    expectReplay(await send('/v1/eips', body, key), first);
  });

  it('is the same request whatever the order of its fields and its blanks', async () => {
    const key = randomUUID();
    const { project_id, name } = eipBody(project.id);
    const first = await send('/v1/eips', { project_id, name, labels: { a: '1', b: '2' } }, key);
    const again = `{ "labels": {"b":"2", "a":"1"},\n "name": "${name}", "project_id": "${project_id}" }`;
    expectReplay(await send('/v1/eips', again, key), first);
  });

  it('is refused with another body', async () => {
    const key = randomUUID();
    expect((await send('/v1/eips', eipBody(project.id), key)).status).toBe(201);
    const refusal = { status: 422, code: 'idempotency_key_reused' };
    expectRefusal(await send('/v1/eips', eipBody(project.id), key), refusal);
    const projectKey = randomUUID();
    expect((await send('/v1/projects', projectBody(stage.world.acmeId), projectKey)).status).toBe(201);
    expectRefusal(await send('/v1/projects', projectBody(stage.world.acmeId), projectKey), refusal);
  });

  it('never waits, whatever it prefers', async () => {
    const key = randomUUID();
    const body = eipBody(project.id);
    const first = await send('/v1/eips', body, key);
    expectReplay(await send('/v1/eips', body, key, { prefer: 'wait=60' }), first);
  }, 20_000);

  it.each(['/v1/eips', '/v1/projects'])(
    'makes one row and twenty equal answers when it is sent twenty times at once: %s',
    async (path) => {
      const key = randomUUID();
      const body = path === '/v1/eips' ? eipBody(project.id) : projectBody(stage.world.acmeId);
      const answers = await Promise.all(Array.from({ length: 20 }, () => send<View>(path, body, key)));
      expect(new Set(answers.map((answer) => `${answer.status} ${answer.text}`)).size).toBe(1);
      expect(answers[0]?.status).toBe(201);
      const originals = answers.filter((answer) => answer.headers.get('idempotency-replayed') === null);
      expect(originals).toHaveLength(1);
      const listed = await stage.api.must<Page>('GET', `${path}?name=${body.name}`);
      expect(listed.items.map((item) => item.id)).toEqual([answers[0]?.body.id]);
    },
  );
});

describe('a key', () => {
  it('is the subject’s own', async () => {
    const key = randomUUID();
    const body = eipBody(project.id);
    const first = await send('/v1/eips', body, key, { as: 'acme_owner' });
    expect(first.status).toBe(201);
    const other = await send('/v1/eips', body, key, { as: 'acme_developer' });
    expectRefusal(other, { status: 409, code: 'name_taken', holder: { kind: 'eip', id: first.body.id } });
  });

  it('is the organization’s own', async () => {
    const key = randomUUID();
    for (const organizationId of [stage.world.acmeId, stage.world.otherId]) {
      const made = await send<ProjectView>('/v1/projects', projectBody(organizationId), key);
      expect([made.status, made.headers.get('idempotency-replayed')]).toEqual([201, null]);
    }
  });

  it('is the operation’s own', async () => {
    const key = randomUUID();
    expect((await send('/v1/eips', eipBody(project.id), key)).status).toBe(201);
    expect((await send('/v1/projects', projectBody(stage.world.acmeId), key)).status).toBe(201);
    const binding = roleBindingBody(stage.world.acmeId, stage.api.issuer);
    expect((await send('/v1/role-bindings', binding, key)).status).toBe(201);
  });

  it('keeps successes only: what was refused may be sent again when its reason is gone', async () => {
    const key = randomUUID();
    const body = eipBody(project.id);
    const inTheWay = await stage.api.must<EipView>('POST', '/v1/eips', { body });
    expectRefusal(await send('/v1/eips', body, key), { status: 409, code: 'name_taken' });
    await stage.api.must('DELETE', `/v1/eips/${inTheWay.id}`);
    await worker.finish('eip', inTheWay.id);
    const made = await send('/v1/eips', body, key);
    expect([made.status, made.headers.get('idempotency-replayed')]).toEqual([201, null]);
  });

  it('is forgotten after its time', async () => {
    const key = randomUUID();
    const body = eipBody(project.id);
    expect((await send('/v1/eips', body, key)).status).toBe(201);
    await stage.database.owner.query(
      `update idempotency_key set expires_at = clock_timestamp() - interval '1 second' where key = $1`,
      [key],
    );
    expectRefusal(await send('/v1/eips', body, key), { status: 409, code: 'name_taken' });
    const renewed = await send('/v1/eips', eipBody(project.id), key);
    expect([renewed.status, renewed.headers.get('idempotency-replayed')]).toEqual([201, null]);
  });

  it.each([
    ['', 'empty'],
    ['x'.repeat(256), 'longer than 255'],
    ['two words', 'with a blank'],
    ['schlüssel', 'not ASCII'],
  ])('is refused when it is %s: %s', async (key) => {
    expectRefusal(await send('/v1/eips', eipBody(project.id), key), { status: 400, code: 'invalid_request' });
  });

  it('may have 255 characters', async () => {
    expect((await send('/v1/eips', eipBody(project.id), 'x'.repeat(255))).status).toBe(201);
  });
});

describe('a replay', () => {
  it('is authorized first: a lesser role is refused, a stranger knows of nothing', async () => {
    const binding = roleBindingBody(stage.world.acmeId, stage.api.issuer, {
      subject: 'other-owner',
      role: 'developer',
    });
    const { id } = await stage.api.must<View>('POST', '/v1/role-bindings', { body: binding });
    const key = randomUUID();
    const body = eipBody(project.id);
    const sendAgain = async () => send('/v1/eips', body, key, { as: 'other_owner' });
    await expect.poll(async () => (await sendAgain()).status).toBe(201);
    await stage.api.must('PATCH', `/v1/role-bindings/${id}`, { body: { role: 'viewer' } });
    await expect.poll(async () => (await sendAgain()).status).toBe(403);
    await stage.api.must('DELETE', `/v1/role-bindings/${id}`);
    await expect.poll(async () => (await sendAgain()).status).toBe(404);
    expectRefusal(await sendAgain(), { status: 404, code: 'not_found', pointer: '/project_id' });
  });

  it('is shared by REST and GraphQL', async () => {
    const create = `mutation ($input: CreateEipInput!) {
      createEip(input: $input) { ... on CreateEipPayload { replayed eip { id name labels } } ... on Problem { code status } }
    }`;
    type Data = { createEip: { replayed?: boolean; eip?: EipView; code?: string; status?: number } };
    const idempotencyKey = randomUUID();
    const { name, project_id: projectId } = eipBody(project.id);
    const labels = { 'a.example/someKey': 'b' };
    const input = { projectId, name, labels, idempotencyKey };
    const made = (await stage.api.graphql<Data>(create, { input })).data.createEip;
    expect(made).toMatchObject({ replayed: false, eip: { name, labels } });
    const byRest = await send('/v1/eips', { project_id: projectId, name, labels }, idempotencyKey);
    expect(byRest.headers.get('idempotency-replayed')).toBe('true');
    expect(byRest.body.id).toBe(made.eip?.id);
    const again = (await stage.api.graphql<Data>(create, { input })).data.createEip;
    expect(again).toMatchObject({ replayed: true, eip: { id: made.eip?.id } });
    const other = (await stage.api.graphql<Data>(create, { input: { ...input, name: 'other' } })).data
      .createEip;
    expect(other).toEqual({ code: 'idempotency_key_reused', status: 422 });
  });
});

describe('a second request while the first is running', () => {
  /** Holds the key as a request does that has not committed yet. */
  async function holdKey(operation: string, key: string) {
    const client = await stage.database.owner.connect();
    await client.query('begin');
    const issuer = uuidOf('issuer', stage.api.issuer);
    await client.query('select lock_idempotency_key($1, $2, $3, $4)', [
      issuer,
      'platform-admin',
      operation,
      key,
    ]);
    return async () => {
      await client.query('rollback');
      client.release();
    };
  }

  it('waits for it and goes on', async () => {
    const key = randomUUID();
    const letGo = await holdKey('eip.create', key);
    const running = send('/v1/eips', eipBody(project.id), key);
    const isWaiting = async () => {
      const waiting = await stage.database.owner.query(
        `select from pg_locks where locktype = 'advisory' and not granted`,
      );
      return waiting.rowCount;
    };
    await expect.poll(isWaiting).toBe(1);
    await letGo();
    expect((await running).status).toBe(201);
  });

  it('is told after a while to try again', async () => {
    const told = async (operation: string, path: string, body: object) => {
      const key = randomUUID();
      const letGo = await holdKey(operation, key);
      const problem = expectRefusal(await send(path, body, key), {
        status: 409,
        code: 'idempotency_in_flight',
      });
      expect(problem.retryable).toBe(true);
      await letGo();
      expect((await send(path, body, key)).status).toBe(201);
    };
    await Promise.all([
      told('eip.create', '/v1/eips', eipBody(project.id)),
      told('project.create', '/v1/projects', projectBody(stage.world.acmeId)),
    ]);
  });
});
