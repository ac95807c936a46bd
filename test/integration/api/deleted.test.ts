/** A DELETE is accepted before the cluster has let go; from then on there is nothing left to be seen. */
import { kinds, provisionedKinds } from '@netplane/domain';
import { expect, it } from 'vitest';
import { createValid, kindNames, pathOf } from '../support/each-kind.ts';
import { expectRefusal } from '../support/refusals.ts';
import { roomyQuotas, useStage } from '../support/stage.ts';
import type { Page, ProjectView } from '../support/views.ts';
import { useWorker } from '../support/worker.ts';

const stage = useStage({ environment: roomyQuotas });
const worker = useWorker(stage);

it.each(kindNames)('what is gone is 404 in every way that it could be asked for: %s', async (kind) => {
  const { id } = await createValid(stage, kind);
  const path = `${pathOf(kind)}/${id}`;
  const deleted = await stage.api.call('DELETE', path);
  const provisioned = provisionedKinds.find((name) => name === kind);
  if (provisioned !== undefined && deleted.status === 202) {
    expect((await stage.api.call('GET', path)).status).toBe(200);
    if (provisioned === 'project') {
      const { gateway_eip_id } = await stage.api.must<ProjectView>('GET', path);
      await worker.finish('eip', gateway_eip_id);
    }
    await worker.finish(provisioned, id);
  } else expect(deleted.status).toBe(204);
  for (const method of ['GET', 'DELETE', 'PATCH']) {
    const body = kind === 'quota' ? { limit: 1 } : { labels: { a: 'b' } };
    const answer = await stage.api.call(method, path, method === 'PATCH' ? { body } : {});
    expectRefusal(answer, { status: 404, code: 'not_found' });
  }
  const waited = await stage.api.call('GET', `${path}?wait_for=deleted&timeout=0`);
  expectRefusal(waited, { status: 404, code: 'not_found' });
  const { items } = await stage.api.must<Page>('GET', `/v1/${kinds[kind].collection}?id=${id}`);
  expect(items).toEqual([]);
});
