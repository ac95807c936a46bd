import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kubeTypes } from '@netplane/k8s-adapter';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RunningWorker } from '../../../apps/worker/src/server.ts';
import { startSimulator } from '../../../packages/k8s-adapter/src/simulator/start-simulator.ts';
import { startTestApi, type TestApi } from '../../support/api.ts';
import { backUp } from '../../support/backup.ts';
import { eipBody } from '../../support/builders/eip.builder.ts';
import { projectBody } from '../../support/builders/project.builder.ts';
import type { TestDatabase } from '../../support/database.ts';
import { conditionOf, eventually, useClusterStage } from '../support/cluster-stage.ts';
import type { EipView, ProjectView, View } from '../support/views.ts';

const { ConfigMap, OvnEip } = kubeTypes;
const stage = useClusterStage();
const mark = { namespace: 'netplane', name: 'netplane-installation' };

let project: ProjectView;
let eip: EipView;
let copy: TestDatabase;
let api: TestApi;
let worker: RunningWorker | undefined;

beforeAll(async () => {
  project = await stage.api.must('POST', '/v1/projects', { body: projectBody(stage.world.acmeId) });
  eip = await stage.api.must('POST', '/v1/eips', { body: eipBody(project.id) });
  for (const path of [`/v1/projects/${project.id}`, `/v1/eips/${eip.id}`]) {
    expect(await stage.settled(path)).toMatchObject({ status: { phase: 'ready' } });
  }
  const backup = await backUp(stage.database);
  copy = await backup.restore();
  await backup.remove();
  api = await startTestApi(copy);
});

afterEach(async () => {
  await worker?.stop();
  worker = undefined;
});

afterAll(async () => {
  await api?.stop();
  await copy?.drop();
});

const clusterPath = () => `/v1/clusters/${stage.world.clusterId}`;

interface ClusterView extends View {
  readonly mode: string;
}

/** The copy is held, and the original is not. */
async function expectCopyHeld(reason = 'DatabaseBehind'): Promise<void> {
  await eventually(async () => {
    const view = await api.must<ClusterView>('GET', clusterPath());
    expect(conditionOf(view, 'Managed')).toMatchObject({ reason });
    expect(view.status.phase).toBe('suspended');
  });
}

async function expectOriginalWorks(): Promise<void> {
  expect(await stage.api.must<ClusterView>('GET', clusterPath())).toMatchObject({ mode: 'manage' });
  const { id } = await stage.api.must<View>('POST', '/v1/eips', { body: eipBody(project.id) });
  expect(await stage.settled(`/v1/eips/${id}`)).toMatchObject({ status: { phase: 'ready' } });
}

async function startCopy(): Promise<RunningWorker> {
  worker = await stage.startWorker({ DATABASE_URL: copy.workerUrl });
  return worker;
}

async function markOf(): Promise<Readonly<Record<string, string>>> {
  return (await stage.stranger.get(ConfigMap, mark))?.data ?? {};
}

async function objects(): Promise<readonly (string | undefined)[]> {
  return (await stage.stranger.list(OvnEip)).items.map(({ metadata }) => metadata.uid);
}

describe('a copy of the database at the cluster of the original, which works', () => {
  it('is held by itself, and takes nothing away', async () => {
    const before = await objects();
    const { database } = await markOf();
    await api.must('DELETE', `/v1/eips/${eip.id}`);
    worker = await stage.startWorker({ DATABASE_URL: copy.workerUrl });
    await expectCopyHeld();
    expect(await api.must<ClusterView>('GET', clusterPath())).toMatchObject({ mode: 'observe' });
    expect(await objects()).toEqual(before);
    expect((await markOf()).database).toBe(database);
    await expectOriginalWorks();
  });

  it('is held although its operator lets it manage', async () => {
    await api.must('PATCH', clusterPath(), { body: { mode: 'manage' } });
    worker = await stage.startWorker({ DATABASE_URL: copy.workerUrl });
    await eventually(async () => {
      expect(await api.must<ClusterView>('GET', clusterPath())).toMatchObject({ mode: 'observe' });
    });
    await expectCopyHeld();
    expect(await stage.settled(`/v1/eips/${eip.id}`)).toMatchObject({ status: { phase: 'ready' } });
    await expectOriginalWorks();
  });

  it('refuses to give an address all the while', async () => {
    const answer = await api.call('POST', '/v1/eips', { body: eipBody(project.id) });
    expect([answer.status, answer.body]).toMatchObject([503, { params: { waiting_for: 'survey' } }]);
  });
});

describe('a copy of the database at another cluster', () => {
  it('writes nothing there', async () => {
    const other = await startSimulator({});
    const directory = await mkdtemp(join(tmpdir(), 'netplane-copy-'));
    try {
      const path = join(directory, 'kubeconfig');
      await writeFile(path, other.kubeconfig);
      await copy.owner.query("update cluster set mode = 'manage', seen_epoch = null");
      worker = await stage.startWorker({ DATABASE_URL: copy.workerUrl, KUBECONFIG: path });
      await expectCopyHeld('ClusterIdentityChanged');
      const { counts } = other.simulator.knobs.readLedger();
      const writes = Object.keys(counts).filter(
        (request) => !/^(get|list|watch|create SelfSubjectReview)/.test(request),
      );
      expect(writes).toEqual([]);
      await worker.stop();
    } finally {
      worker = undefined;
      await other.stop();
      await rm(directory, { recursive: true });
    }
  });
});

describe('a copy of the data directory, which has the same name', () => {
  /** As the original's own: it cannot know itself. */
  async function forgeName(): Promise<void> {
    const { rows } = await stage.database.owner.query<{ identity: string; state: string }>(
      'select database_identity() as identity, database_state() as state',
    );
    const [{ identity, state } = { identity: '', state: '' }] = rows;
    await copy.owner.query(
      `create or replace function database_identity() returns text language sql stable as $$ select '${identity}' $$;
       create or replace function database_state() returns text language sql stable as $$ select '${state}' $$`,
    );
    await copy.owner.query(
      "update cluster set mode = 'manage', seen_epoch = null, seen_kube_system_uid = null, epoch = $1",
      [(await markOf()).epoch],
    );
    await copy.owner.query(
      'update cluster_database set database = database_identity(), surveyed_database = database_state()',
    );
  }

  it('makes no step before the original, and is held by the original’s next one', async () => {
    const now = new Date().toISOString(); // the original has just made a step
    await stage.stranger.mergePatch(ConfigMap, mark, { data: { at: now } });
    await forgeName();
    const before = await markOf();
    const { adminUrl } = await startCopy();
    await eventually(async () => expect((await fetch(`${adminUrl}/readyz`)).status).toBe(200));
    expect(await markOf()).toEqual(before);
    await stage.database.owner.query('update cluster set epoch = epoch + 1');
    await stage.stranger.mergePatch(ConfigMap, mark, { data: { epoch: String(Number(before.epoch) + 1) } });
    await expectCopyHeld();
    await expectOriginalWorks();
  });
});
