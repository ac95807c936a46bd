import { kubeTypes } from '@netplane/k8s-adapter';
import { beforeAll, describe, expect, it } from 'vitest';
import { eipBody } from '../../support/builders/eip.builder.ts';
import { projectBody } from '../../support/builders/project.builder.ts';
import { eventually, ref, useClusterStage } from '../support/cluster-stage.ts';
import type { EipView, ProjectView } from '../support/views.ts';

const EIPS = 12;
/** One for the EIPs, one for the survey of each range. */
const LISTS_PER_RESYNC = 3;
const stage = useClusterStage({ worker: { RESYNC_SECONDS: '5' } });

let eips: readonly EipView[];

beforeAll(async () => {
  const body = projectBody(stage.world.acmeId);
  const project = await stage.api.must<ProjectView>('POST', '/v1/projects', { body });
  await stage.settled(`/v1/projects/${project.id}`);
  eips = await Promise.all(
    Array.from({ length: EIPS }, () =>
      stage.api.must<EipView>('POST', '/v1/eips', { body: eipBody(project.id) }),
    ),
  );
  for (const { id } of eips) await stage.settled(`/v1/eips/${id}`);
});

async function objectNameOf({ address }: EipView): Promise<string> {
  const { items } = await stage.stranger.list(kubeTypes.OvnEip);
  const object = items.find(({ spec }) => spec?.v4Ip === address);
  if (object === undefined) throw new Error(`nothing has ${address}`);
  return object.metadata.name;
}

async function resyncs(count: number): Promise<void> {
  const { ledger } = stage.simulator;
  const before = ledger.count('list', 'OvnEip');
  await eventually(() => expect(ledger.count('list', 'OvnEip')).toBeGreaterThanOrEqual(before + count));
}

describe('a resync', () => {
  it('reads no EIP of its own that is as it should be', async () => {
    await resyncs(LISTS_PER_RESYNC);
    const names = new Set(await Promise.all(eips.map(objectNameOf)));
    const { rows: before } = await stage.database.owner.query('select max(status_updated_at) from eip');
    stage.simulator.knobs.resetLedger();
    await resyncs(2 * LISTS_PER_RESYNC); // the first one's passes are over then
    expect(names.size).toBe(EIPS);
    // the project's passes read its router port, its gateway's none
    expect(stage.simulator.ledger.count('get', 'OvnEip')).toBeLessThan(EIPS);
    expect((await stage.database.owner.query('select max(status_updated_at) from eip')).rows).toEqual(before);
  });

  it('finds what is gone, and what the row says wrongly, while the watch is silent', async () => {
    const [lost, wrong] = eips;
    if (lost === undefined || wrong === undefined) throw new Error('there are no EIPs');
    stage.simulator.knobs.silenceWatches(true);
    const name = await objectNameOf(lost);
    const uid = (await stage.stranger.get(kubeTypes.OvnEip, ref(name)))?.metadata.uid ?? '';
    await stage.stranger.mergePatch(kubeTypes.OvnEip, ref(name), { metadata: { finalizers: [] } });
    await stage.stranger.delete(kubeTypes.OvnEip, ref(name), uid);
    await stage.database.owner.query(`update eip set status_message = 'something else' where address = $1`, [
      wrong.address,
    ]);
    await eventually(async () => {
      const view = await stage.api.must<EipView>('GET', `/v1/eips/${lost.id}`);
      expect(view.status.phase).toBe('ready');
      expect(await objectNameOf(lost)).not.toBe(name);
      const other = await stage.api.must<EipView>('GET', `/v1/eips/${wrong.id}`);
      expect(other.status).toMatchObject({ phase: 'ready', message: '' });
    });
    stage.simulator.knobs.silenceWatches(false);
  });
});
