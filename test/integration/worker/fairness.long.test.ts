import { describe, expect, it } from 'vitest';
import { eipBody } from '../../support/builders/eip.builder.ts';
import { projectBody } from '../../support/builders/project.builder.ts';
import { eventually, useClusterStage } from '../support/cluster-stage.ts';
import type { EipView, ProjectView } from '../support/views.ts';

const CONCURRENCY = 4;
const QUEUED = 300;

const stage = useClusterStage({
  hasWorker: false,
  environment: { DEFAULT_QUOTA_CLOUD_EIPS: '1000' },
  worker: { WORKER_CONCURRENCY: String(CONCURRENCY) },
});

async function readyProject(organizationId: string): Promise<ProjectView> {
  const { id } = await stage.api.must<ProjectView>('POST', '/v1/projects', {
    body: projectBody(organizationId),
  });
  const project = await stage.settled<ProjectView>(`/v1/projects/${id}`);
  expect(project.status.phase).toBe('ready');
  return project;
}

async function createEips(project: ProjectView, count: number): Promise<readonly string[]> {
  const addresses: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const { address } = await stage.api.must<EipView>('POST', '/v1/eips', { body: eipBody(project.id) });
    addresses.push(address);
  }
  return addresses;
}

/** Addresses in the order in which their objects were made. */
function madeInOrder(): readonly unknown[] {
  return stage.journal
    .filter(({ type, kind, object }) => type === 'added' && kind === 'OvnEip' && object.spec?.type === 'nat')
    .map(({ object }) => object.spec?.v4Ip);
}

describe('an organization with hundreds of EIPs in the queue', () => {
  it('does not keep another one waiting for its one', async () => {
    const first = await stage.startWorker();
    await stage.settled(`/v1/external-networks/${stage.world.cloudId}`);
    const busy = await readyProject(stage.world.acmeId);
    const modest = await readyProject(stage.world.otherId);
    await first.stop();

    const before = madeInOrder().length;
    await createEips(busy, QUEUED);
    const [wanted] = await createEips(modest, 1);
    await stage.startWorker();
    await eventually(() => expect(madeInOrder().length).toBe(before + QUEUED + 1));
    const position = madeInOrder().slice(before).indexOf(wanted);
    expect(position).toBeGreaterThanOrEqual(0);
    expect(position, 'EIPs of the first that were made before').toBeLessThan(CONCURRENCY * 3);
  });
});
