import { parseId } from '@netplane/domain';
import { kubeTypes } from '@netplane/k8s-adapter';
import { expect, it } from 'vitest';
import { eipBody } from '../../support/builders/eip.builder.ts';
import { projectBody } from '../../support/builders/project.builder.ts';
import { eventually, useClusterStage } from '../support/cluster-stage.ts';
import type { EipView, ProjectView } from '../support/views.ts';

const stage = useClusterStage();

/** Longer than the worker waits for an answer. */
const DELAY_MS = 7_000;

/** The row is written before the call. */
async function registered(ownerId: string | undefined, slot: string): Promise<void> {
  const sql = 'select from cluster_object where owner_id = $1 and slot = $2';
  await eventually(async () => {
    expect((await stage.database.owner.query(sql, [ownerId, slot])).rows).toHaveLength(1);
  });
}

async function settledProject(): Promise<ProjectView> {
  const body = projectBody(stage.world.acmeId);
  const { id } = await stage.api.must<ProjectView>('POST', '/v1/projects', { body });
  return stage.settled<ProjectView>(`/v1/projects/${id}`);
}

it('an object whose request arrives after its owner is gone goes again', async () => {
  const project = await settledProject();
  stage.simulator.knobs.failNext({ verb: 'create', kind: 'OvnEip', delayMs: DELAY_MS });
  const eip = await stage.api.must<EipView>('POST', '/v1/eips', { body: eipBody(project.id) });
  await registered(parseId('eip', eip.id), 'eip');
  const isItsObject = ({ spec }: { readonly spec?: Readonly<Record<string, unknown>> }) =>
    spec?.v4Ip === eip.address;
  await stage.api.must('DELETE', `/v1/eips/${eip.id}`);
  await stage.gone(`/v1/eips/${eip.id}`);
  await eventually(() => {
    const arrived = stage.journal.filter(({ type, object }) => type === 'added' && isItsObject(object));
    expect(arrived).toHaveLength(1);
  });
  await eventually(async () => {
    expect((await stage.stranger.list(kubeTypes.OvnEip)).items.filter(isItsObject)).toEqual([]);
  });
});

it('an object of a project that goes, arrived late, does not hold up the rest', async () => {
  const delayed = { verb: 'create', kind: 'OvnEip', delayMs: DELAY_MS } as const;
  stage.simulator.knobs.failNext(delayed); // of the gateway EIP
  stage.simulator.knobs.failNext(delayed); // of the router's port
  const body = projectBody(stage.world.acmeId);
  const { id } = await stage.api.must<ProjectView>('POST', '/v1/projects', { body });
  await registered(parseId('project', id), 'router-port');
  stage.simulator.knobs.failNext({ verb: 'delete', kind: 'Vpc', status: 500, count: 3 }); // it is there when the port comes
  await stage.api.must('DELETE', `/v1/projects/${id}`);
  await stage.gone(`/v1/projects/${id}`);
});
