import { afterAll, describe, expect, it } from 'vitest';
import { networkPlan } from './control-plane/network-plan.ts';
import { createObject, deleteObject, kubeOvnObject, untilObject } from './support/kube.ts';
import { openStage } from './support/stage.ts';
import {
  conditionOf,
  createProject,
  deleteProject,
  deleteResource,
  type EipView,
  organizationId,
  type ProjectView,
  until,
  untilReady,
} from './support/tenants.ts';

const stage = await openStage();
const made: ProjectView[] = [];

afterAll(() => Promise.all(made.map((project) => deleteProject(stage, project))));

async function labelGateway(value: 'true' | 'false'): Promise<void> {
  const label = `ovn.kubernetes.io/external-gw=${value}`;
  await stage.kubectl(['label', 'node', networkPlan.gatewayNode, label, '--overwrite']);
}

describe('a project while no node is a gateway', () => {
  let project: ProjectView;

  it('stays provisioning and names the reason', async () => {
    await labelGateway('false');
    const body = { organization_id: await organizationId(stage, 'acme'), name: 'gatewayless' };
    project = await stage.must<ProjectView>('POST', '/v1/projects', { as: 'acme_owner', body });
    made.push(project);
    const path = `/v1/projects/${project.id}`;
    const isExplained = (view: ProjectView) =>
      conditionOf(view, 'ExternalConnected')?.reason === 'NoGatewayNode';
    const seen = await until<ProjectView>(stage, path, isExplained);
    expect(seen.status).toMatchObject({ phase: 'provisioning', next_try_at: expect.any(String) });
    expect(conditionOf(seen, 'ExternalConnected')).toMatchObject({ status: 'false', waiting_on: 'platform' });
  });

  it('is ready once there is one', async () => {
    await labelGateway('true');
    const seen = await untilReady<ProjectView>(stage, `/v1/projects/${project.id}`);
    expect(seen.status.conditions.filter(({ status }) => status !== 'true')).toEqual([]);
  });
});

describe('an address that somebody else holds', () => {
  const FOREIGN = 'somebody-elses';
  const ADDRESS = '100.65.77.77';

  afterAll(() => deleteObject(stage, 'ovn-eip', FOREIGN));

  it('keeps an EIP from being ready and is named to the platform, not to the tenant', async () => {
    const spec = { externalSubnet: 'ext-cloud', v4Ip: ADDRESS, type: 'nat' };
    await createObject(stage, kubeOvnObject('OvnEip', FOREIGN, spec));
    await untilObject(stage, 'ovn-eip', FOREIGN, ({ status }) => status?.ready === true);
    const project = await createProject(stage, { body: { name: 'unlucky' } });
    made.push(project);
    const body = { project_id: project.id, name: 'taken', address: ADDRESS };
    const { id } = await stage.must<EipView>('POST', '/v1/eips', { as: 'acme_owner', body });
    const path = `/v1/eips/${id}`;
    const isExplained = (view: EipView) => conditionOf(view, 'AddressReady')?.reason === 'AddressTaken';
    const seen = await until<EipView>(stage, path, isExplained);
    expect(seen.status.phase).toBe('provisioning');
    expect(JSON.stringify(seen)).toContain(`OvnEip ${FOREIGN}`);
    const { text } = await stage.call('GET', path, { as: 'acme_owner' });
    expect(text).toContain('AddressTaken');
    expect(text).not.toContain(FOREIGN);
  });

  it('is given to it as soon as it is free', async () => {
    await deleteObject(stage, 'ovn-eip', FOREIGN);
    const { items } = await stage.must<{ items: readonly EipView[] }>('GET', '/v1/eips?name=taken');
    const eip = await untilReady<EipView>(stage, `/v1/eips/${items[0]?.id}`);
    expect(eip.address).toBe(ADDRESS);
    await deleteResource(stage, `/v1/eips/${eip.id}`);
  });
});
