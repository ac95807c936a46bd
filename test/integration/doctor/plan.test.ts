import { kubeTypes, labelKeys } from '@netplane/k8s-adapter';
import { beforeAll, describe, expect, it } from 'vitest';
import { eipBody } from '../../support/builders/eip.builder.ts';
import { projectBody } from '../../support/builders/project.builder.ts';
import { eventually, ref, useClusterStage } from '../support/cluster-stage.ts';
import { askDoctor, makeQuietProject } from '../support/doctor.ts';
import { uuidOf } from '../support/ledger.ts';
import type { EipView, ProjectView } from '../support/views.ts';

const { OvnEip, Vpc } = kubeTypes;
const stage = useClusterStage({ hasWorker: false });
let project: ProjectView;
let eip: EipView;

beforeAll(async () => {
  ({ project, eip } = await makeQuietProject(stage));
});

/** Requests that change something on the cluster; a review of who we are is none. */
function writes(): readonly string[] {
  return Object.keys(stage.simulator.knobs.readLedger().counts).filter(
    (request) =>
      /^(create|update|apply|patch|delete) /.test(request) && !request.endsWith('SelfSubjectReview'),
  );
}

describe('the plan', () => {
  it.each(['manage', 'observe'] as const)('is empty where the cluster agrees, in mode %s', async (mode) => {
    await stage.api.must('PATCH', `/v1/clusters/${stage.world.clusterId}`, { body: { mode } });
    expect((await askDoctor(stage, ['--plan'])).plan).toEqual([]);
  });

  it('names what the worker would create, replace and change, and writes nothing', async () => {
    const own = { labelSelector: `${labelKeys.id}=${uuidOf('eip', eip.id)}` };
    const [object] = (await stage.stranger.list(OvnEip, own)).items;
    await stage.stranger.delete(OvnEip, ref(object?.metadata.name ?? ''), object?.metadata.uid ?? '');
    const [vpc] = (await stage.stranger.list(Vpc, { labelSelector: `${labelKeys.project}=${project.id}` }))
      .items;
    await stage.stranger.mergePatch(Vpc, ref(vpc?.metadata.name ?? ''), { spec: { staticRoutes: null } });
    const added = await stage.api.must<EipView>('POST', '/v1/eips', { body: eipBody(project.id) });
    const other = await stage.api.must<ProjectView>('POST', '/v1/projects', {
      body: projectBody(stage.world.acmeId),
    });
    await eventually(async () => {
      expect(await stage.stranger.get(OvnEip, ref(object?.metadata.name ?? ''))).toBeUndefined();
    });
    stage.simulator.knobs.resetLedger();

    const { plan = [], exitCode } = await askDoctor(stage, ['--plan']);
    const writesOf = (id: string) => plan.find((planned) => planned.id === id)?.writes;
    expect(exitCode).toBe(1);
    expect(writesOf(uuidOf('eip', eip.id))).toMatchObject([{ do: 'replace', after: null }]);
    expect(writesOf(uuidOf('eip', added.id))).toMatchObject([{ do: 'create', after: null }]);
    expect(writesOf(uuidOf('project', project.id))).toMatchObject([
      { do: 'change', object: `Vpc/${vpc?.metadata.name}` },
    ]);
    expect(writesOf(uuidOf('project', other.id))?.map((write) => [write.do, write.after])).toEqual([
      ['create', null],
      ['create', null],
      ['create', 'WaitingForVpc'],
      ['create', 'WaitingForSubnet'],
      ['create', 'WaitingForGatewayEip'],
    ]);
    expect(writes()).toEqual([]);
  });
});
