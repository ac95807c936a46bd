import { kubeTypes } from '@netplane/k8s-adapter';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { eipBody } from '../../support/builders/eip.builder.ts';
import { projectBody } from '../../support/builders/project.builder.ts';
import { eventually, useClusterStage } from '../support/cluster-stage.ts';
import { uuidOf } from '../support/ledger.ts';
import type { EipView, ProjectView } from '../support/views.ts';

const { OvnEip } = kubeTypes;
const EIPS = 10;
const stage = useClusterStage();
let projectId: string;

beforeAll(async () => {
  const body = projectBody(stage.world.acmeId);
  projectId = (await stage.api.must<ProjectView>('POST', '/v1/projects', { body })).id;
  expect(await stage.settled(`/v1/projects/${projectId}`)).toMatchObject({ status: { phase: 'ready' } });
});

afterEach(() => {
  stage.simulator.knobs.startControllers();
  stage.simulator.knobs.setControllerDelay(2);
});

const makeEip = () => stage.api.must<EipView>('POST', '/v1/eips', { body: eipBody(projectId) });

async function objectsOf(eip: EipView) {
  const labelSelector = `netplane.io/id=${uuidOf('eip', eip.id)}`;
  return (await stage.stranger.list(OvnEip, { labelSelector })).items;
}

it('the pass that has made an EIP’s object hears of its confirmation by the watch', async () => {
  await stage.lookAgain();
  const { ledger } = stage.simulator;
  const before = ledger.count('get', 'OvnEip');
  for (let made = 0; made < EIPS; made += 1) {
    const eip = await makeEip();
    expect(await stage.settled(`/v1/eips/${eip.id}`)).toMatchObject({ status: { phase: 'ready' } });
  }
  // another pass, which reads, follows only where the controller was slow
  expect(ledger.count('get', 'OvnEip') - before).toBeLessThan(EIPS);
});

it('an object that is confirmed later than its pass waits gets another pass', async () => {
  stage.simulator.knobs.stopControllers();
  const eip = await makeEip();
  await eventually(async () => {
    const { status } = await stage.api.must<EipView>('GET', `/v1/eips/${eip.id}`);
    expect(status.phase).toBe('provisioning');
  });
  stage.simulator.knobs.startControllers();
  expect(await stage.settled(`/v1/eips/${eip.id}`)).toMatchObject({ status: { phase: 'ready' } });
});

it('an object that is deleted by hand while its pass waits is made anew', async () => {
  stage.simulator.knobs.stopControllers();
  const eip = await makeEip();
  const object = await eventually(async () => {
    const [made] = await objectsOf(eip);
    if (made === undefined) throw new Error('it is not made yet');
    return made;
  });
  await stage.stranger.delete(
    OvnEip,
    { namespace: null, name: object.metadata.name },
    object.metadata.uid ?? '',
  );
  stage.simulator.knobs.startControllers();
  expect(await stage.settled(`/v1/eips/${eip.id}`)).toMatchObject({ status: { phase: 'ready' } });
  const [now] = await objectsOf(eip);
  expect(now?.metadata.uid).not.toBe(object.metadata.uid);
});
