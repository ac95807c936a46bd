import type { Condition } from '@netplane/domain';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Answer, startTestApi } from '../../support/api.ts';
import { eipBody } from '../../support/builders/eip.builder.ts';
import { projectBody } from '../../support/builders/project.builder.ts';
import { createValid } from '../support/each-kind.ts';
import { uuidOf } from '../support/ledger.ts';
import { expectRefusal } from '../support/refusals.ts';
import { roomyQuotas, useStage } from '../support/stage.ts';
import type { EipView, ProjectView, View } from '../support/views.ts';
import { useWorker } from '../support/worker.ts';

const stage = useStage({ environment: roomyQuotas });
const worker = useWorker(stage);

let project: ProjectView;
beforeAll(async () => {
  const body = projectBody(stage.world.acmeId);
  project = await stage.api.must<ProjectView>('POST', '/v1/projects', { body });
});

async function newEip(): Promise<EipView> {
  return stage.api.must<EipView>('POST', '/v1/eips', { body: eipBody(project.id) });
}

/** An answer that is still awaited after a whole other request has been served. */
async function pending<T>(request: Promise<Answer<T>>): Promise<Promise<Answer<T>>[]> {
  const state = { isAnswered: false };
  const watched = request.finally(() => {
    state.isAnswered = true;
  });
  await stage.api.must('GET', '/v1/me');
  await stage.api.must('GET', '/v1/projects');
  expect(state.isAnswered).toBe(false);
  return [watched]; // in a list, so that awaiting this does not await the answer
}

const needsCaller: Condition = {
  type: 'AddressBound',
  status: 'false',
  reason: 'AddressTaken',
  message: 'Choose another address.',
  params: {},
  waiting_on: 'caller',
  last_transition_at: '2026-01-01T00:00:00Z',
  observed_revision: 1,
};

describe('wait_for=ready', () => {
  it.each(['ready', 'failed', 'suspended'] as const)(
    'is answered when the resource turns %s',
    async (phase) => {
      const { id } = await newEip();
      const path = `/v1/eips/${id}?wait_for=ready&timeout=60`;
      const [answer] = await pending(stage.api.call<EipView>('GET', path, { as: 'acme_viewer' }));
      await worker.report('eip', id, phase);
      const answered = await answer;
      expect([answered?.status, answered?.body.status.phase]).toEqual([200, phase]);
      expect(answered?.headers.get('etag')).toBe('"1-2"');
    },
  );

  it('goes on waiting while the resource is on its way', async () => {
    const { id } = await newEip();
    const path = `/v1/eips/${id}?wait_for=ready&timeout=60`;
    const [answer] = await pending(stage.api.call<EipView>('GET', path));
    for (const phase of ['provisioning', 'degraded'] as const) {
      await worker.report('eip', id, phase);
      await pending(answer ?? Promise.reject(new Error('no request')));
    }
    await worker.report('eip', id, 'ready');
    expect((await answer)?.body.status.phase).toBe('ready');
  });

  it('is answered at once when the next move is the caller’s', async () => {
    const { id } = await newEip();
    const path = `/v1/eips/${id}?wait_for=ready&timeout=60`;
    const [answer] = await pending(stage.api.call<EipView>('GET', path));
    await worker.report('eip', id, 'provisioning', [needsCaller]);
    expect((await answer)?.body.status).toMatchObject({ phase: 'provisioning', conditions: [needsCaller] });
    expect((await stage.api.call<EipView>('GET', path)).body.status.phase).toBe('provisioning');
  });

  it('is not ended by a condition that was the caller’s and is true now', async () => {
    const { id } = await newEip();
    await worker.report('eip', id, 'provisioning', [{ ...needsCaller, status: 'true' }]);
    const path = `/v1/eips/${id}?wait_for=ready&timeout=60`;
    const [answer] = await pending(stage.api.call<EipView>('GET', path));
    await worker.report('eip', id, 'ready');
    expect((await answer)?.body.status.phase).toBe('ready');
  });

  it('answers the phase as it is when the time is over', async () => {
    const { id } = await newEip();
    for (const timeout of [0, 1]) {
      const answer = await stage.api.call<EipView>('GET', `/v1/eips/${id}?wait_for=ready&timeout=${timeout}`);
      expect([answer.status, answer.body.status.phase]).toEqual([200, 'pending']);
    }
  });

  it('hears of a change whose notification was lost', async () => {
    const { id } = await newEip();
    const path = `/v1/eips/${id}?wait_for=ready&timeout=60`;
    const [answer] = await pending(stage.api.call<EipView>('GET', path));
    const uuid = uuidOf('eip', id);
    await stage.database.owner.query(
      `update eip set phase = 'ready', status_revision = 2, observed_revision = 1 where id = $1`,
      [uuid],
    );
    expect((await answer)?.body.status.phase).toBe('ready');
  });

  it('is answered 404 when the resource is gone meanwhile', async () => {
    const { id } = await newEip();
    await stage.api.must('DELETE', `/v1/eips/${id}`);
    const path = `/v1/eips/${id}?wait_for=ready&timeout=60`;
    const [answer] = await pending(stage.api.call('GET', path));
    await worker.finish('eip', id);
    expectRefusal((await answer) ?? (await stage.api.call('GET', path)), { status: 404, code: 'not_found' });
  });

  it('is over before it begins for what no cluster has to agree with', async () => {
    for (const kind of ['organization', 'quota', 'issuer', 'role-binding'] as const) {
      const { id } = await createValid(stage, kind);
      const collection = {
        organization: 'organizations',
        quota: 'quotas',
        issuer: 'issuers',
        'role-binding': 'role-bindings',
      };
      const answer = await stage.api.call<View>(
        'GET',
        `/v1/${collection[kind]}/${id}?wait_for=ready&timeout=60`,
      );
      expect(answer.body.status.phase).toBe('ready');
    }
  }, 20_000);

  it.each([
    'wait_for=failed',
    'wait_for=ready&timeout=61',
    'wait_for=ready&timeout=-1',
    'wait_for=ready&timeout=soon',
  ])('is refused as %s', async (query) => {
    const { id } = await newEip();
    const refused = await stage.api.call('GET', `/v1/eips/${id}?${query}`);
    expectRefusal(refused, { status: 400, code: 'invalid_request' });
  });

  it('tells nobody of what is not theirs, and makes them wait for nothing', async () => {
    const { id } = await newEip();
    const path = `/v1/eips/${id}?wait_for=ready&timeout=60`;
    expectRefusal(await stage.api.call('GET', path, { as: 'other_owner' }), {
      status: 404,
      code: 'not_found',
    });
  }, 20_000);
});

describe('wait_for=deleted', () => {
  it('is answered 404 when the cluster has let go', async () => {
    const { id } = await newEip();
    await stage.api.must('DELETE', `/v1/eips/${id}`);
    const path = `/v1/eips/${id}?wait_for=deleted&timeout=60`;
    const [answer] = await pending(stage.api.call('GET', path));
    await worker.finish('eip', id);
    expect((await answer)?.status).toBe(404);
  });

  it('answers the phase as it is when the time is over', async () => {
    const { id } = await newEip();
    await stage.api.must('DELETE', `/v1/eips/${id}`);
    const answer = await stage.api.call<EipView>('GET', `/v1/eips/${id}?wait_for=deleted&timeout=1`);
    expect([answer.status, answer.body.status.phase]).toEqual([200, 'deleting']);
  });
});

describe('Prefer: wait', () => {
  const prefer = (value: string) => ({ prefer: value });

  it('answers a create when the resource is ready', async () => {
    const body = eipBody(project.id);
    const [answer] = await pending(
      stage.api.call<EipView>('POST', '/v1/eips', { body, headers: prefer('wait=60') }),
    );
    const made = () => stage.api.must<{ items: readonly View[] }>('GET', `/v1/eips?name=${body.name}`);
    await expect.poll(async () => (await made()).items.length).toBe(1);
    await worker.report('eip', (await made()).items[0]?.id ?? '', 'ready');
    const answered = await answer;
    expect([answered?.status, answered?.body.status.phase]).toEqual([201, 'ready']);
    expect(answered?.headers.get('preference-applied')).toBe('wait=60');
  });

  it('answers an update of what was ready when the worker has seen the change', async () => {
    const { id } = await newEip();
    await worker.report('eip', id, 'ready');
    const body = { labels: { changed: 'yes' } };
    const headers = prefer('wait=60');
    const [answer] = await pending(stage.api.call<EipView>('PATCH', `/v1/eips/${id}`, { body, headers }));
    const read = () => stage.api.must<EipView>('GET', `/v1/eips/${id}`);
    await expect.poll(async () => (await read()).revision).toBe(2);
    await worker.report('eip', id, 'ready', [], 2);
    expect((await answer)?.body).toMatchObject({
      revision: 2,
      status: { phase: 'ready', observed_revision: 2 },
    });
  });

  it('answers an update as far as it is when the time is over', async () => {
    const { id } = await newEip();
    const body = { labels: { a: 'b' } };
    const headers = prefer('respond-async, wait=1; foo=bar');
    const answer = await stage.api.call<EipView>('PATCH', `/v1/eips/${id}`, { body, headers });
    expect([answer.status, answer.body.labels, answer.body.status.phase]).toEqual([
      200,
      body.labels,
      'pending',
    ]);
  });

  it('answers a delete 204 when it is gone, and 202 when the time is over before', async () => {
    const { id } = await newEip();
    const early = await stage.api.call<EipView>('DELETE', `/v1/eips/${id}`, { headers: prefer('wait=1') });
    expect([early.status, early.body.status.phase]).toEqual([202, 'deleting']);
    const [answer] = await pending(
      stage.api.call('DELETE', `/v1/eips/${id}`, { headers: prefer('wait=60') }),
    );
    await worker.finish('eip', id);
    expect([(await answer)?.status, (await answer)?.text]).toEqual([204, '']);
  });

  it.each(['wait=soon', 'wait=-1', 'wait=1.5', 'wait'])(
    'is refused as %s, and nothing is made',
    async (value) => {
      const body = eipBody(project.id);
      const refused = await stage.api.call('POST', '/v1/eips', { body, headers: prefer(value) });
      expectRefusal(refused, { status: 400, code: 'invalid_request' });
      const listed = await stage.api.must<{ items: readonly View[] }>('GET', `/v1/eips?name=${body.name}`);
      expect(listed.items).toEqual([]);
    },
  );

  it('is met in GraphQL by the argument wait', async () => {
    const { id } = await newEip();
    const remove = `mutation ($id: ID!) { deleteEip(input: { id: $id }, wait: 60) { ... on DeleteEipPayload { deletedId eip { id } } } }`;
    const request = stage.api.call<{ data: object }>('POST', '/graphql', {
      body: { query: remove, variables: { id } },
    });
    const [answer] = await pending(request);
    const read = () => stage.api.must<EipView>('GET', `/v1/eips/${id}`);
    await expect.poll(async () => (await read()).status.phase).toBe('deleting');
    await worker.finish('eip', id);
    expect((await answer)?.body.data).toEqual({ deleteEip: { deletedId: id, eip: null } });
  });
});

describe('a process that stops', () => {
  it('answers who waits instead of waiting with them', async () => {
    const { id } = await newEip();
    const stopping = await startTestApi(stage.database);
    await stopping.must('GET', '/v1/me');
    const [answer] = await pending(stopping.call<EipView>('GET', `/v1/eips/${id}?wait_for=ready&timeout=30`));
    await stopping.stop();
    expect((await answer)?.body.status.phase).toBe('pending');
  }, 20_000);
});
