import { kubeTypes, labelKeys } from '@netplane/k8s-adapter';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningWorker } from '../../../apps/worker/src/server.ts';
import { startTestApi, type TestApi } from '../../support/api.ts';
import { type Backup, backUp } from '../../support/backup.ts';
import { eipBody } from '../../support/builders/eip.builder.ts';
import { projectBody } from '../../support/builders/project.builder.ts';
import type { TestDatabase } from '../../support/database.ts';
import { conditionOf, eventually, useClusterStage } from '../support/cluster-stage.ts';
import { askDoctor } from '../support/doctor.ts';
import { auditOf, eventsOf, intervalsOf, uuidOf } from '../support/ledger.ts';
import { expectRefusal } from '../support/refusals.ts';
import type { EipView, ProjectView, View } from '../support/views.ts';

const { ConfigMap, OvnEip, Vpc } = kubeTypes;
const stage = useClusterStage({ hasWorker: false, worker: { QUARANTINE_SECONDS: '600' } });
const mark = { namespace: 'netplane', name: 'netplane-installation' };

/** What was there when the backup was taken. */
let kept: { project: ProjectView; eip: EipView; lost: EipView; released: EipView };
/** What came after it. */
let later: {
  eip: EipView;
  again: EipView;
  unwanted: EipView;
  project: ProjectView;
  inside: EipView;
  doomed: ProjectView;
};
let backup: Backup;
let restored: TestDatabase;
let api: TestApi;
let worker: RunningWorker;

async function createProject(): Promise<ProjectView> {
  const { id } = await stage.api.must<View>('POST', '/v1/projects', {
    body: projectBody(stage.world.acmeId),
  });
  const view = await stage.settled<ProjectView>(`/v1/projects/${id}`);
  expect(view.status.phase).toBe('ready');
  return view;
}

async function createEip(projectId: string): Promise<EipView> {
  const { id } = await stage.api.must<View>('POST', '/v1/eips', { body: eipBody(projectId) });
  const view = await stage.settled<EipView>(`/v1/eips/${id}`);
  expect(view.status.phase).toBe('ready');
  return view;
}

async function release({ id }: EipView): Promise<void> {
  await stage.api.must('DELETE', `/v1/eips/${id}`);
  await stage.gone(`/v1/eips/${id}`);
}

beforeAll(async () => {
  const first = await stage.startWorker();
  const project = await createProject();
  kept = {
    project,
    eip: await createEip(project.id),
    lost: await createEip(project.id),
    released: await createEip(project.id),
  };
  await release(kept.released);
  backup = await backUp(stage.database);

  const again = await createEip(project.id); // takes what its organization has just released
  expect(again.address).toBe(kept.released.address);
  const eip = await createEip(project.id);
  const unwanted = await createEip(project.id);
  const other = await createProject();
  const inside = await createEip(other.id);
  const doomed = await createProject();
  later = { eip, again, unwanted, project: other, inside, doomed };
  await release(kept.lost);
  await first.stop();
  restored = await backup.restore();
});

afterAll(async () => {
  await api?.stop();
  await worker?.stop();
  await restored?.drop();
  await backup?.remove();
});

const doctor = (...args: readonly string[]) => askDoctor(stage, args, { DATABASE_URL: restored.workerUrl });

/** Requests that change something on the cluster; a review of who we are is none. */
function writes(): readonly string[] {
  return Object.keys(stage.simulator.knobs.readLedger().counts).filter(
    (request) =>
      /^(create|update|apply|patch|delete) /.test(request) && !request.endsWith('SelfSubjectReview'),
  );
}

async function objectOf(id: string): Promise<string> {
  const labelSelector = `${labelKeys.id}=${uuidOf('eip', id)}`;
  const [object] = (await stage.stranger.list(OvnEip, { labelSelector })).items;
  return `OvnEip/${object?.metadata.name}`;
}

async function vpcOf(project: ProjectView): Promise<string> {
  const [object] = (await stage.stranger.list(Vpc, { labelSelector: `${labelKeys.project}=${project.id}` }))
    .items;
  return `Vpc/${object?.metadata.name}`;
}

async function expectNothingGiven(): Promise<void> {
  const refused = { status: 503, code: 'unavailable' } as const;
  const eip = await api.call('POST', '/v1/eips', { body: eipBody(kept.project.id) });
  expectRefusal(eip, refused);
  const body = eipBody(kept.project.id, { address: later.eip.address });
  expectRefusal(await api.call('POST', '/v1/eips', { body }), refused);
  const project = await api.call('POST', '/v1/projects', { body: projectBody(stage.world.acmeId) });
  expectRefusal(project, refused);
}

const clusterPath = () => `/v1/clusters/${stage.world.clusterId}`;

async function expectHeld(): Promise<void> {
  await eventually(async () => {
    const view = await api.must<View & { mode: string }>('GET', clusterPath());
    expect(view.mode).toBe('observe');
    expect(conditionOf(view, 'Managed')).toMatchObject({ reason: 'DatabaseBehind' });
  });
}

describe('a database that was restored from a backup while its cluster moved on', () => {
  it('gives no address before a worker has looked', async () => {
    api = await startTestApi(restored);
    await expectNothingGiven();
  });

  it('puts its cluster in mode observe, gives no address and writes nothing', async () => {
    stage.simulator.knobs.resetLedger();
    worker = await stage.startWorker({ DATABASE_URL: restored.workerUrl });
    await expectHeld();
    await expectNothingGiven();
    expect(writes()).toEqual([]);
  });

  it('is told by the doctor what it has forgotten and what it should have', async () => {
    const { differences, orphans, plan = [], exitCode } = await doctor('--orphans', '--plan');
    expect(exitCode).toBe(1);
    const objects = orphans?.objects.map(({ object }) => object) ?? [];
    for (const { id } of [later.eip, later.again, later.unwanted, later.inside]) {
      expect(objects).toContain(await objectOf(id));
    }
    expect(objects).toContain(await vpcOf(later.project));
    expect(orphans?.rows).toMatchObject([{ owner: `eip ${uuidOf('eip', kept.lost.id)}` }]);
    expect(plan).toMatchObject([
      { kind: 'eip', id: uuidOf('eip', kept.lost.id), writes: [{ do: 'replace' }] },
    ]);
    expect(differences.map(({ kind }) => kind)).toContain('used_free_address');
  });

  it('refuses to adopt what stands against it, and says what', async () => {
    await expect(doctor('--adopt', await objectOf(later.inside.id))).rejects.toThrow(/adopt its Vpc first/);
    await expect(doctor('--adopt', await objectOf(kept.eip.id))).rejects.toThrow(/no row knows/);
    await expect(doctor('--delete', await objectOf(kept.eip.id))).rejects.toThrow(/no row knows/);
    const target = await objectOf(later.eip.id);
    const adoption = () => doctor('--adopt', target, '--name', kept.eip.name);
    await expect(adoption()).rejects.toThrow(/name_taken/);
    const quotas = `update quota_limit set "limit" = "limit" - 1000000 where resource = 'eips'`;
    await restored.owner.query(`alter table quota_limit drop constraint quota_limit_limit_check; ${quotas}`);
    await expect(doctor('--adopt', target)).rejects.toThrow(/quota_exceeded/);
    await restored.owner.query(quotas.replace('-', '+'));
    const held = `update ip_address set state = $2, holder_kind = $3, holder_id = $4 where address = $1`;
    await restored.owner.query(held, [later.eip.address, 'allocated', 'eip', uuidOf('eip', kept.eip.id)]);
    await expect(doctor('--adopt', target)).rejects.toThrow(/address_in_use.*allocated/);
    await restored.owner.query(held, [later.eip.address, 'free', null, null]);
  });

  it('adopts and deletes what the operator says', async () => {
    stage.simulator.knobs.resetLedger();
    await doctor('--adopt', await vpcOf(later.project));
    await doctor('--adopt', await objectOf(later.inside.id), '--name', 'inside');
    await doctor('--adopt', await objectOf(later.eip.id));
    expect(writes()).toEqual([]);
    await doctor('--delete', await objectOf(later.unwanted.id));
    await doctor('--delete', await vpcOf(later.doomed));
    await api.must('DELETE', `/v1/eips/${kept.lost.id}`);
    const forgotten = await objectOf(later.again.id);
    expect((await doctor()).differences).toMatchObject([{ kind: 'unknown_object', subject: forgotten }]);
  });

  it('is held again while the other database has only just stopped', async () => {
    await api.must('PATCH', clusterPath(), { body: { mode: 'manage' } });
    await expectHeld();
    await expectNothingGiven();
  });

  it('converges when it manages, without writing to what was adopted', async () => {
    const at = new Date(Date.now() - 200_000).toISOString();
    await stage.stranger.mergePatch(ConfigMap, mark, { data: { at } });
    stage.simulator.knobs.resetLedger();
    await api.must('PATCH', clusterPath(), { body: { mode: 'manage' } });
    const ids = [kept.eip, later.eip, later.inside].map(({ id }) => `/v1/eips/${id}`);
    const projects = [kept.project, later.project].map(({ id }) => `/v1/projects/${id}`);
    for (const path of [clusterPath(), ...ids, ...projects]) {
      await eventually(async () => {
        expect((await api.must<View>('GET', path)).status, path).toMatchObject({ phase: 'ready' });
      });
    }
    await eventually(async () =>
      expect((await api.call('GET', `/v1/eips/${kept.lost.id}`)).status).toBe(404),
    );
    await eventually(async () => expect((await doctor('--plan')).plan).toEqual([]));
    expect(writes()).toEqual(['apply ConfigMap']);
  });

  it('gives nobody the address of an object that was left as it is, not even its own organization', async () => {
    const { items } = await stage.stranger.list(OvnEip);
    const used = items.map(({ spec }) => spec?.v4Ip);
    expect(used).toContain(later.again.address);
    for (let count = 0; count < 3; count += 1) {
      const body = eipBody(kept.project.id);
      const { id, address } = await api.must<EipView>('POST', '/v1/eips', { body });
      expect(used).not.toContain(address);
      const view = await api.must<View>('GET', `/v1/eips/${id}?wait_for=ready&timeout=30`);
      expect(view.status.phase).toBe('ready');
    }
    const { address } = later.again;
    const chosen = await api.call('POST', '/v1/eips', { body: eipBody(kept.project.id, { address }) });
    expectRefusal(chosen, { status: 409, code: 'address_in_use', pointer: '/address', holder: null });
  });

  it('adopts it later as well, and then nothing differs', async () => {
    await doctor('--adopt', await objectOf(later.again.id));
    await eventually(async () => {
      const view = await api.must<EipView>('GET', `/v1/eips/${later.again.id}`);
      expect(view).toMatchObject({ address: later.again.address, status: { phase: 'ready' } });
    });
    await eventually(async () => {
      expect(await doctor('--plan')).toMatchObject({ exitCode: 0, differences: [] });
    });
  });

  it('has the adopted resources as they were, and says honestly since when', async () => {
    const inside = await api.must<EipView>('GET', `/v1/eips/${later.inside.id}`);
    expect(inside).toMatchObject({
      name: 'inside',
      address: later.inside.address,
      project_id: later.project.id,
    });
    const project = await api.must<ProjectView>('GET', `/v1/projects/${later.project.id}`);
    expect(project).toMatchObject({
      name: later.project.name,
      namespace: later.project.namespace,
      cidr: later.project.cidr,
      gateway_eip_id: later.project.gateway_eip_id,
    });
    expect(await intervalsOf(restored, later.inside.id)).toMatchObject([
      { start_reason: 'adopted', state: 'idle', ended_at: null },
    ]);
    expect(await eventsOf(restored, 'eip', later.inside.id)).toContain('created');
    expect(await auditOf(restored, 'eip', later.inside.id)).toMatchObject([
      { operation: 'eip.adopt', subject: 'platform', changes: { made_at: expect.any(String) } },
    ]);
  });
});
