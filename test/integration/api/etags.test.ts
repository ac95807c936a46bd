import { describe, expect, it } from 'vitest';
import { createValid, kindNames, pathOf } from '../support/each-kind.ts';
import { expectRefusal } from '../support/refusals.ts';
import { roomyQuotas, useStage } from '../support/stage.ts';
import type { View } from '../support/views.ts';
import { useWorker } from '../support/worker.ts';

const stage = useStage({ environment: roomyQuotas });
const worker = useWorker(stage);

async function newEip(): Promise<{ readonly path: string; readonly view: View }> {
  const view = await createValid(stage, 'eip');
  return { path: `/v1/eips/${view.id}`, view };
}

async function patch(path: string, ifMatch: string, labels: object = { changed: 'yes' }) {
  return stage.api.call<View>('PATCH', path, { body: { labels }, headers: { 'if-match': ifMatch } });
}

async function read(path: string, ifNoneMatch: string) {
  return stage.api.call('GET', path, { headers: { 'if-none-match': ifNoneMatch } });
}

describe('the ETag', () => {
  it.each(kindNames)(
    'names revision and status revision, wherever the resource is answered: %s',
    async (kind) => {
      const { id } = await createValid(stage, kind);
      const path = `${pathOf(kind)}/${id}`;
      const got = await stage.api.call<View>('GET', path);
      const tagOf = ({ revision, status }: View) => `"${revision}-${status.revision}"`;
      expect(got.headers.get('etag')).toBe(tagOf(got.body));
      const patched = await stage.api.call<View>('PATCH', path, { body: { labels: { a: 'b' } } });
      expect(patched.body.revision).toBe(2);
      expect(patched.headers.get('etag')).toBe(tagOf(patched.body));
      expect((await read(path, patched.headers.get('etag') ?? '')).status).toBe(304);
      const deleted = await stage.api.call<View>('DELETE', path, { headers: { 'if-match': '"2-1"' } });
      expect([202, 204]).toContain(deleted.status);
      if (deleted.status === 202) expect(deleted.headers.get('etag')).toBe(tagOf(deleted.body));
    },
  );

  it('moves after the dash only when the worker reports', async () => {
    const { path, view } = await newEip();
    await worker.report('eip', view.id, 'ready');
    const reported = await stage.api.call<View>('GET', path);
    expect(reported.headers.get('etag')).toBe('"1-2"');
    expect(reported.body.updated_at).toBe(view.updated_at);
  });
});

describe('If-Match', () => {
  it('compares the part before the dash, so that a status report fails no update', async () => {
    const { path, view } = await newEip();
    await worker.report('eip', view.id, 'ready');
    expect((await patch(path, '"1-1"')).body.revision).toBe(2);
    expect((await patch(path, '"2"', { again: 'yes' })).body.revision).toBe(3);
  });

  it('refuses an update and a delete of what has changed since, and changes nothing', async () => {
    const { path } = await newEip();
    await patch(path, '"1-1"');
    const refusal = { status: 412, code: 'precondition_failed' };
    const params = { revision: 2, expected_revision: 1 };
    expectRefusal(await patch(path, '"1-1"', { late: 'yes' }), { ...refusal, params });
    const deleted = await stage.api.call('DELETE', path, { headers: { 'if-match': '"1-1"' } });
    expectRefusal(deleted, refusal);
    expect(await stage.api.must('GET', path)).toMatchObject({ revision: 2, labels: { changed: 'yes' } });
  });

  it('lets one of two updates through that have read the same', async () => {
    const { path } = await newEip();
    const answers = await Promise.all([
      patch(path, '"1-1"', { by: 'one' }),
      patch(path, '"1-1"', { by: 'two' }),
    ]);
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 412]);
  });

  it('takes * as whatever there is', async () => {
    const { path } = await newEip();
    expect((await patch(path, '*')).status).toBe(200);
    expect((await stage.api.call('DELETE', path, { headers: { 'if-match': '*' } })).status).toBe(202);
  });

  it('never matches weakly', async () => {
    const { path } = await newEip();
    expectRefusal(await patch(path, 'W/"1-1"'), { status: 412, code: 'precondition_failed' });
  });

  it.each(['1-1', '"one"', '""', '"1-1', '"1-1-1"', '"-1"', '', '"1-1", "2-1"'])(
    'refuses what is no tag: %s',
    async (tag) => {
      const { path } = await newEip();
      expectRefusal(await patch(path, tag), { status: 400, code: 'invalid_request' });
    },
  );

  it('is nothing to a DELETE of what is being deleted already', async () => {
    const { path } = await newEip();
    const deleting = () => stage.api.call<View>('DELETE', path, { headers: { 'if-match': '"1-1"' } });
    expect((await deleting()).status).toBe(202);
    expect((await deleting()).status).toBe(202);
  });
});

describe('If-None-Match', () => {
  it('answers 304 without a body while nothing at all has changed', async () => {
    const { path, view } = await newEip();
    const unchanged = await read(path, '"1-1"');
    expect([unchanged.status, unchanged.text, unchanged.headers.get('etag')]).toEqual([304, '', '"1-1"']);
    await worker.report('eip', view.id, 'ready');
    const changed = await read(path, '"1-1"');
    expect([changed.status, changed.headers.get('etag')]).toEqual([200, '"1-2"']);
  });

  it('takes several tags, weak ones, and *', async () => {
    const { path } = await newEip();
    for (const tags of ['"7-7", "1-1"', 'W/"1-1"', '*']) expect((await read(path, tags)).status).toBe(304);
    for (const tags of ['"1-2"', '"1"', 'nonsense']) expect((await read(path, tags)).status).toBe(200);
  });

  it('hides nothing: what is not there is 404 all the same', async () => {
    const { path } = await newEip();
    const foreign = await stage.api.call('GET', path, {
      as: 'other_owner',
      headers: { 'if-none-match': '*' },
    });
    expectRefusal(foreign, { status: 404, code: 'not_found' });
  });
});
