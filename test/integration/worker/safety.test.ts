import { type KubeObject, kubeTypes } from '@netplane/k8s-adapter';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RunningWorker } from '../../../apps/worker/src/server.ts';
import { eipBody } from '../../support/builders/eip.builder.ts';
import { projectBody } from '../../support/builders/project.builder.ts';
import { startWorkerProcess } from '../support/app-process.ts';
import { conditionOf, eventually, ref, useClusterStage } from '../support/cluster-stage.ts';
import { addressState } from '../support/ledger.ts';
import type { EipView, ProjectView, View } from '../support/views.ts';

const { ConfigMap, OvnEip } = kubeTypes;
const stage = useClusterStage({ hasWorker: false, worker: { MAX_UNASKED_DISRUPTIONS: '1' } });
const mark = { namespace: 'netplane', name: 'netplane-installation' };

interface ClusterView extends View {
  readonly mode: string;
  readonly kube_system_uid: string;
  readonly seen_kube_system_uid: string | null;
  readonly held_disruptions: number;
}

const clusterPath = () => `/v1/clusters/${stage.world.clusterId}`;
let worker: RunningWorker;
let project: ProjectView;

beforeAll(async () => {
  worker = await stage.startWorker();
  project = await createProject();
});

afterEach(() => stage.simulator.knobs.clearFaults());

async function createProject(): Promise<ProjectView> {
  const body = projectBody(stage.world.acmeId);
  const { id } = await stage.api.must<ProjectView>('POST', '/v1/projects', { body });
  const ready = await stage.settled<ProjectView>(`/v1/projects/${id}`);
  expect(ready.status.phase).toBe('ready');
  return ready;
}

async function createEip(): Promise<EipView> {
  return stage.api.must('POST', '/v1/eips', { body: eipBody(project.id) });
}

async function cluster(): Promise<ClusterView> {
  return stage.api.must('GET', clusterPath());
}

async function change(body: object): Promise<void> {
  await stage.api.must('PATCH', clusterPath(), { body });
}

/** The cluster says why nothing is written, and so does what is looked at meanwhile. */
async function expectStopped(reason: string, ...paths: readonly string[]): Promise<void> {
  for (const path of [clusterPath(), ...paths]) {
    await eventually(async () => {
      const view = await stage.api.must<View>('GET', path);
      expect(conditionOf(view, 'Managed'), path).toMatchObject({ reason, waiting_on: 'platform' });
    });
  }
  expect((await cluster()).status.phase).toBe('suspended');
}

async function expectReady(...paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await eventually(async () => {
      expect((await stage.api.must<View>('GET', path)).status, path).toMatchObject({ phase: 'ready' });
    });
  }
}

async function eipObjects(): Promise<readonly KubeObject[]> {
  return (await stage.stranger.list(OvnEip)).items;
}

describe('another cluster behind the same address', () => {
  it('is written nothing and believed nothing until it is accepted', async () => {
    const eip = await createEip();
    await expectReady(`/v1/eips/${eip.id}`);
    const before = await cluster();
    const seen = stage.simulator.knobs.changeIdentity();
    stage.simulator.knobs.closeWatches();
    await expectStopped('ClusterIdentityChanged');
    for (const { metadata } of await eipObjects()) {
      await stage.stranger.delete(OvnEip, ref(metadata.name), metadata.uid ?? '');
    }
    await stage.api.must('DELETE', `/v1/eips/${eip.id}`);
    const added = await createEip();
    await stage.lookAgain();
    await expectStopped('ClusterIdentityChanged', `/v1/eips/${added.id}`, `/v1/eips/${eip.id}`);
    expect(await cluster()).toMatchObject({
      kube_system_uid: before.kube_system_uid,
      seen_kube_system_uid: seen,
    });
    expect(await addressState(stage.database, eip.network_id, eip.address)).toBe('releasing');
    expect((await eipObjects()).filter(({ spec }) => spec?.v4Ip === added.address)).toEqual([]);

    await change({ kube_system_uid: seen });
    await expectReady(clusterPath(), `/v1/eips/${added.id}`, `/v1/projects/${project.id}`);
    await stage.gone(`/v1/eips/${eip.id}`);
    expect(await cluster()).toMatchObject({ kube_system_uid: seen, seen_kube_system_uid: null });
  });
});

describe('a database that was restored from a backup', () => {
  it.each([1, 1_000])(
    'by %i steps behind the cluster writes nothing until it is managed again',
    async (steps) => {
      const { rows } = await stage.database.owner.query<{ epoch: string }>('select epoch from cluster');
      const ahead = Number(rows[0]?.epoch) + steps;
      await worker.stop();
      await stage.stranger.mergePatch(ConfigMap, mark, { data: { epoch: String(ahead) } });
      worker = await stage.startWorker();
      const eip = await createEip();
      await expectStopped('DatabaseBehind', `/v1/eips/${eip.id}`);
      expect((await cluster()).mode).toBe('observe');
      expect((await eipObjects()).filter(({ spec }) => spec?.v4Ip === eip.address)).toEqual([]);
      expect((await stage.stranger.get(ConfigMap, mark))?.data).toMatchObject({ epoch: String(ahead) });

      await change({ mode: 'manage' });
      await expectReady(clusterPath(), `/v1/eips/${eip.id}`);
      await worker.stop();
      worker = await stage.startWorker();
      await eventually(async () => {
        expect(Number((await stage.stranger.get(ConfigMap, mark))?.data?.epoch)).toBeGreaterThan(ahead);
      });
      expect((await cluster()).mode).toBe('manage');
    },
  );
});

describe('more changes than anybody asked for', () => {
  it('are held until they are confirmed, and everything with them', async () => {
    const second = await createProject();
    const gateways = await Promise.all(
      [project, second].map(({ gateway_eip_id }) =>
        stage.api.must<EipView>('GET', `/v1/eips/${gateway_eip_id}`),
      ),
    );
    await change({ held_disruptions: 0 });
    for (const { address } of gateways) {
      const object = (await eipObjects()).find(({ spec }) => spec?.v4Ip === address);
      await stage.stranger.delete(OvnEip, ref(object?.metadata.name ?? ''), object?.metadata.uid ?? '');
    }
    await expectStopped('PlanHeld');
    expect((await cluster()).held_disruptions).toBeGreaterThan(0);
    const eip = await createEip();
    await stage.lookAgain();
    await expectStopped('PlanHeld', `/v1/eips/${eip.id}`);
    expect((await eipObjects()).filter(({ spec }) => spec?.v4Ip === eip.address)).toEqual([]);

    await change({ held_disruptions: 0 });
    await expectReady(
      clusterPath(),
      `/v1/projects/${project.id}`,
      `/v1/projects/${second.id}`,
      `/v1/eips/${eip.id}`,
    );
    expect((await cluster()).held_disruptions).toBe(0);
  });
});

describe('a cluster that does not answer', () => {
  it('is said not to, nothing counts as gone, and the work goes on when it does', async () => {
    const [leaving, staying] = [await createEip(), await createEip()];
    await expectReady(`/v1/eips/${leaving.id}`, `/v1/eips/${staying.id}`);
    stage.simulator.knobs.closeWatches();
    stage.simulator.knobs.failNext({ dropConnection: 'before', count: 1_000_000 });
    await stage.api.must('DELETE', `/v1/eips/${leaving.id}`);
    const added = await createEip();
    for (const path of [clusterPath(), ...[added, leaving].map(({ id }) => `/v1/eips/${id}`)]) {
      await eventually(async () => {
        await stage.bringForward();
        const view = await stage.api.must<View>('GET', path);
        expect(conditionOf(view, 'Managed'), path).toMatchObject({ reason: 'ClusterUnreachable' });
      });
    }
    const phases = [leaving, staying, added].map(async ({ id }) => {
      return (await stage.api.must<View>('GET', `/v1/eips/${id}`)).status.phase;
    });
    expect(await Promise.all(phases)).toEqual(['deleting', 'ready', 'pending']);
    expect(await addressState(stage.database, leaving.network_id, leaving.address)).toBe('releasing');

    stage.simulator.knobs.clearFaults();
    await stage.bringForward();
    await expectReady(clusterPath(), `/v1/eips/${added.id}`, `/v1/eips/${staying.id}`);
    await stage.gone(`/v1/eips/${leaving.id}`);
    expect(conditionOf(await cluster(), 'Managed')).toEqual({});
  });
});

describe('a cluster that another installation works on', () => {
  it('is not begun with', async () => {
    await worker.stop();
    const before = await stage.stranger.get(ConfigMap, mark);
    const installation = '99999999-9999-4999-8999-999999999999';
    await stage.stranger.mergePatch(ConfigMap, mark, { data: { installation } });
    stage.simulator.knobs.resetLedger();
    const process = await startWorkerProcess(stage.workerEnvironment());
    expect(await process.ended).toBe(1);
    const { counts } = stage.simulator.knobs.readLedger();
    expect(Object.keys(counts).filter((request) => !/^(get|list|watch) /.test(request))).toEqual([]);
    await stage.stranger.mergePatch(ConfigMap, mark, { data: before?.data ?? {} });
  });
});
