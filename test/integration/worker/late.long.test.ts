import { kubeTypes } from '@netplane/k8s-adapter';
import { expect, it } from 'vitest';
import { eipBody } from '../../support/builders/eip.builder.ts';
import { projectBody } from '../../support/builders/project.builder.ts';
import { eventually, useClusterStage } from '../support/cluster-stage.ts';
import type { EipView, ProjectView } from '../support/views.ts';

const stage = useClusterStage();

/** Longer than the worker waits for an answer. */
const DELAY_MS = 7_000;

async function settledProject(): Promise<ProjectView> {
  const body = projectBody(stage.world.acmeId);
  const { id } = await stage.api.must<ProjectView>('POST', '/v1/projects', { body });
  return stage.settled<ProjectView>(`/v1/projects/${id}`);
}

it('an object whose request arrives after its owner is gone goes again', async () => {
  const project = await settledProject();
  stage.simulator.knobs.failNext({ verb: 'create', kind: 'OvnEip', delayMs: DELAY_MS });
  const eip = await stage.api.must<EipView>('POST', '/v1/eips', { body: eipBody(project.id) });
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
