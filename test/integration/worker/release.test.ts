import { KUBE_OVN_FINALIZER, type KubeObject, kubeTypes } from '@netplane/k8s-adapter';
import { beforeAll, describe, expect, it } from 'vitest';
import { eipBody } from '../../support/builders/eip.builder.ts';
import { projectBody } from '../../support/builders/project.builder.ts';
import { conditionOf, eventually, foreign, ref, useClusterStage } from '../support/cluster-stage.ts';
import { addressState, differences } from '../support/ledger.ts';
import { expectRefusal } from '../support/refusals.ts';
import type { EipView, Page, ProjectView, QuotaView } from '../support/views.ts';

const { OvnEip } = kubeTypes;
const stage = useClusterStage();

let project: ProjectView;
let others: ProjectView;

beforeAll(async () => {
  project = await createProject(stage.world.acmeId);
  others = await createProject(stage.world.otherId);
});

async function createProject(organizationId: string): Promise<ProjectView> {
  const created = await stage.api.must<ProjectView>('POST', '/v1/projects', {
    body: projectBody(organizationId),
  });
  return stage.settled(`/v1/projects/${created.id}`);
}

async function createEip(projectId: string, changes: object = {}): Promise<EipView> {
  const body = eipBody(projectId, changes);
  const { id } = await stage.api.must<EipView>('POST', '/v1/eips', { body });
  const eip = await stage.settled<EipView>(`/v1/eips/${id}`);
  expect(eip.status.phase).toBe('ready');
  return eip;
}

async function release(eip: EipView): Promise<void> {
  await stage.api.must('DELETE', `/v1/eips/${eip.id}`);
  await stage.gone(`/v1/eips/${eip.id}`);
}

const stateOf = (eip: EipView) => addressState(stage.database, eip.network_id, eip.address);

/** As if the address's time in quarantine had passed. */
async function letTimePass(...eips: readonly EipView[]): Promise<void> {
  await stage.database.owner.query(
    `update ip_address set quarantined_until = clock_timestamp() - interval '1 second'
     where state = 'quarantined' and host(address) = any ($1)`,
    [eips.map(({ address }) => address)],
  );
}

async function usedQuota(): Promise<number> {
  const path = `/v1/quotas?organization_id=${stage.world.acmeId}&limit=100`;
  const { items } = await stage.api.must<Page<QuotaView>>('GET', path);
  const quota = items.find((item) => item.resource === 'eips' && item.network_type === 'cloud');
  return quota?.used ?? 0;
}

async function objectOf(eip: EipView): Promise<KubeObject> {
  const { items } = await stage.stranger.list(OvnEip);
  const object = items.find(({ spec }) => spec?.v4Ip === eip.address);
  if (object === undefined) throw new Error(`nothing on the cluster has ${eip.address}`);
  return object;
}

describe('an address whose object is still on the cluster', () => {
  it('is held with its name and its quota until it was seen gone', async () => {
    const before = await usedQuota();
    const eip = await createEip(project.id);
    const { name } = (await objectOf(eip)).metadata;
    const hold = (...finalizers: string[]) =>
      stage.stranger.mergePatch(OvnEip, ref(name), { metadata: { finalizers } });
    await hold(KUBE_OVN_FINALIZER, 'example.com/still-in-use');
    await stage.api.must('DELETE', `/v1/eips/${eip.id}`);
    await eventually(async () => {
      expect((await objectOf(eip)).metadata).toMatchObject({
        deletionTimestamp: expect.any(String),
        finalizers: ['example.com/still-in-use'],
      });
    });
    await stage.lookAgain();
    expect(await stateOf(eip)).toBe('releasing');
    expect(await stage.api.must<EipView>('GET', `/v1/eips/${eip.id}`)).toMatchObject({
      status: { phase: 'deleting' },
    });
    expect(await usedQuota()).toBe(before + 1);
    const sameName = await stage.api.call('POST', '/v1/eips', {
      body: eipBody(project.id, { name: eip.name }),
    });
    expectRefusal(sameName, { status: 409, code: 'name_taken' });
    const body = eipBody(project.id, { address: eip.address });
    expectRefusal(await stage.api.call('POST', '/v1/eips', { body }), {
      status: 409,
      code: 'address_in_use',
    });

    await hold();
    await stage.gone(`/v1/eips/${eip.id}`);
    expect(await stateOf(eip)).toBe('quarantined');
    expect(await usedQuota()).toBe(before);
    expect((await createEip(project.id, { name: eip.name })).name).toBe(eip.name);
  });

  it('is not taken for gone when the cluster does not answer', async () => {
    const eip = await createEip(project.id);
    const { name } = (await objectOf(eip)).metadata;
    const faults = { verb: 'get', kind: 'OvnEip', name } as const;
    stage.simulator.knobs.failNext({ ...faults, count: 2, status: 500 });
    stage.simulator.knobs.failNext({ ...faults, count: 1, dropConnection: 'before' });
    stage.simulator.knobs.failNext({ verb: 'delete', kind: 'OvnEip', name, count: 1, status: 503 });
    await stage.api.must('DELETE', `/v1/eips/${eip.id}`);
    await eventually(async () => {
      await stage.bringForward();
      expect((await stage.api.call('GET', `/v1/eips/${eip.id}`)).status).toBe(404);
    });
    const gone = stage.journal.findLast(({ object }) => object.metadata.name === name);
    expect(gone?.type).toBe('deleted');
  });
});

describe('an address in quarantine', () => {
  it("is nobody else's, neither by chance nor by name", async () => {
    const eip = await createEip(project.id);
    await release(eip);
    const body = eipBody(others.id, { address: eip.address });
    expectRefusal(await stage.api.call('POST', '/v1/eips', { body }), {
      ...{ status: 409, code: 'address_in_use', pointer: '/address', holder: null },
    });
    expect((await createEip(others.id)).address).not.toBe(eip.address);
    expect(await stateOf(eip)).toBe('quarantined');
  });

  it('goes to its own organization first, so that create and delete in turn fish nothing', async () => {
    const first = await createEip(project.id);
    await release(first);
    const addresses = new Set<string>();
    for (let turn = 0; turn < 4; turn += 1) {
      const eip = await createEip(project.id);
      addresses.add(eip.address);
      await release(eip);
    }
    expect(addresses.size).toBe(1);
  });

  it('that somebody else on the cluster has taken meanwhile is given back and says so, until it is let go of', async () => {
    const first = await createEip(project.id);
    await release(first);
    const spec = { externalSubnet: 'ext-cloud', v4Ip: first.address, type: 'nat' };
    await stage.stranger.create(OvnEip, foreign(OvnEip, 'squatter', { spec }));
    await stage.simulator.knobs.settled();
    const { id, address } = await stage.api.must<EipView>('POST', '/v1/eips', { body: eipBody(project.id) });
    expect(address).toBe(first.address);
    await eventually(async () => {
      const view = await stage.api.must<EipView>('GET', `/v1/eips/${id}`);
      expect(conditionOf(view, 'AddressReady')).toMatchObject({
        ...{
          status: 'false',
          reason: 'AddressTaken',
          waiting_on: 'platform',
          operator_detail: 'OvnEip squatter',
        },
      });
    });
    const squatter = await stage.stranger.get(OvnEip, ref('squatter'));
    await stage.stranger.delete(OvnEip, ref('squatter'), squatter?.metadata.uid ?? '');
    expect(await stage.settled(`/v1/eips/${id}`)).toMatchObject({ status: { phase: 'ready' } });
    await release(await stage.api.must<EipView>('GET', `/v1/eips/${id}`));
  });

  it('is given back to its own organization by name', async () => {
    const [low, high] = [await createEip(project.id), await createEip(project.id)];
    await release(low);
    await release(high);
    expect((await createEip(project.id, { address: high.address })).address).toBe(high.address);
  });
});

describe('the end of quarantine', () => {
  it('frees what nothing holds, blocks what something holds, and keeps what has time left', async () => {
    const [nothing, held, young] = [
      await createEip(project.id),
      await createEip(project.id),
      await createEip(project.id),
    ];
    for (const eip of [nothing, held, young]) await release(eip);
    const spec = { externalSubnet: 'ext-cloud', v4Ip: held.address, type: 'nat' };
    await stage.stranger.create(OvnEip, foreign(OvnEip, 'unexpected', { spec }));
    await letTimePass(nothing, held);
    await eventually(async () => expect(await stateOf(nothing)).toBe('free'));
    expect([await stateOf(held), await stateOf(young)]).toEqual(['blocked', 'quarantined']);
    expect((await createEip(others.id, { address: nothing.address })).address).toBe(nothing.address);
  });
});

describe('a project that is deleted', () => {
  it('sends its gateway address and its router port into quarantine', async () => {
    const gone = await createProject(stage.world.acmeId);
    const gateway = await stage.api.must<EipView>('GET', `/v1/eips/${gone.gateway_eip_id}`);
    const port = stage.journal.findLast(
      ({ object }) =>
        object.spec?.type === 'lrp' && object.metadata.labels?.['netplane.io/project'] === gone.id,
    )?.object.spec?.v4Ip;
    await stage.api.must('DELETE', `/v1/projects/${gone.id}`);
    await stage.gone(`/v1/projects/${gone.id}`);
    expect(await stateOf(gateway)).toBe('quarantined');
    expect(await addressState(stage.database, gone.network_id, String(port))).toBe('quarantined');
    expect(await differences(stage.database)).toEqual([]);
  });
});
