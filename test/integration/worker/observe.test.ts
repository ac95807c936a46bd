import { kubeTypes, names, ownerLabels } from '@netplane/k8s-adapter';
import { describe, expect, it } from 'vitest';
import { eipBody } from '../../support/builders/eip.builder.ts';
import { projectBody } from '../../support/builders/project.builder.ts';
import { conditionOf, eventually, foreign, ref, useClusterStage } from '../support/cluster-stage.ts';
import { addressState, uuidOf } from '../support/ledger.ts';
import type { EipView, ProjectView, View } from '../support/views.ts';

const { Namespace, OvnEip, Vpc } = kubeTypes;
const stage = useClusterStage({ hasWorker: false, environment: { DEFAULT_CLUSTER_MODE: 'observe' } });

const clusterPath = () => `/v1/clusters/${stage.world.clusterId}`;

async function setMode(mode: 'observe' | 'manage'): Promise<void> {
  await stage.api.must('PATCH', clusterPath(), { body: { mode } });
  await stage.lookAgain();
}

async function createProject(): Promise<ProjectView> {
  return stage.api.must('POST', '/v1/projects', { body: projectBody(stage.world.acmeId) });
}

async function createEip(project: View): Promise<EipView> {
  return stage.api.must('POST', '/v1/eips', { body: eipBody(project.id) });
}

async function expectPhase(path: string, phase: string): Promise<View> {
  return eventually(async () => {
    const view = await stage.api.must<View>('GET', path);
    expect(view.status.phase, path).toBe(phase);
    return view;
  });
}

/** Requests that change something on the cluster; a review of who we are is none. */
function writes(): Readonly<Record<string, number>> {
  const { counts } = stage.simulator.knobs.readLedger();
  return Object.fromEntries(
    Object.entries(counts).filter(
      ([request]) =>
        /^(create|update|apply|patch|delete) /.test(request) && !request.endsWith('SelfSubjectReview'),
    ),
  );
}

describe('a cluster in mode observe', () => {
  it('is written nothing, and says so of everything', async () => {
    const project = await createProject();
    const eip = await createEip(project);
    await stage.startWorker();
    const paths = [
      `/v1/projects/${project.id}`,
      `/v1/eips/${eip.id}`,
      `/v1/external-networks/${stage.world.cloudId}`,
    ];
    for (const path of [...paths, clusterPath()]) {
      const view = await eventually(async () => {
        const seen = await stage.api.must<View>('GET', path);
        expect(conditionOf(seen, 'Managed')).toMatchObject({ status: 'false', reason: 'ClusterObserved' });
        return seen;
      });
      expect(conditionOf(view, 'Managed').waiting_on).toBe('platform');
      expect(view.status.next_try_at).not.toBeNull();
    }
    await stage.lookAgain();
    expect(await stage.api.must<View>('GET', clusterPath())).toMatchObject({
      kube_system_uid: expect.any(String),
      status: { phase: 'suspended' },
    });
    const planned = conditionOf(await stage.api.must<View>('GET', `/v1/projects/${project.id}`), 'Managed');
    expect(planned.params).toEqual({ create: 4, change: 0, delete: 0 });
    expect(planned.operator_detail).toMatch(/create vpc project.*create namespace acme-/);
    expect(writes()).toEqual({});
  });

  it('is provisioned when it is managed', async () => {
    const project = await createProject();
    await stage.api.must('PATCH', clusterPath(), { body: { mode: 'manage' } });
    const ready = await expectPhase(`/v1/projects/${project.id}`, 'ready');
    expect(conditionOf(ready, 'Managed')).toEqual({});
    for (const { id } of (await stage.api.must<{ items: View[] }>('GET', '/v1/eips')).items) {
      await expectPhase(`/v1/eips/${id}`, 'ready');
    }
    await expectPhase(clusterPath(), 'ready');
  });
});

describe('a cluster that is observed again', () => {
  it('keeps what it has, and what was asked for waits', async () => {
    await setMode('manage');
    const project = await createProject();
    const eip = await createEip(project);
    const [projectPath, eipPath] = [`/v1/projects/${project.id}`, `/v1/eips/${eip.id}`];
    await expectPhase(projectPath, 'ready');
    await expectPhase(eipPath, 'ready');
    await setMode('observe');
    await stage.simulator.knobs.settled();
    stage.simulator.knobs.resetLedger();

    await stage.api.must('DELETE', eipPath);
    const added = await createEip(project);
    const namespace = await stage.stranger.get(Namespace, ref(project.namespace));
    await stage.stranger.delete(Namespace, ref(project.namespace), namespace?.metadata.uid ?? '');
    await stage.lookAgain();
    expect(writes()).toEqual({ 'delete Namespace': 1 }); // the stranger's
    expect(await stage.stranger.get(Namespace, ref(project.namespace))).toBeUndefined();
    expect(await addressState(stage.database, eip.network_id, eip.address)).toBe('releasing');
    expect(await stage.api.must<View>('GET', eipPath)).toMatchObject({ status: { phase: 'deleting' } });

    await setMode('manage');
    await stage.gone(eipPath);
    await expectPhase(`/v1/eips/${added.id}`, 'ready');
    await expectPhase(projectPath, 'ready');
    expect(await stage.stranger.get(Namespace, ref(project.namespace))).toBeDefined();
  });
});

describe('objects of another installation', () => {
  it('are foreign, although they carry the id of a row of ours', async () => {
    await setMode('observe');
    const project = await createProject();
    const eip = await createEip(project);
    const other = {
      installation: '99999999-9999-4999-8999-999999999999',
      organizationId: null,
      projectId: null,
    };
    const [projectId, eipId] = [uuidOf('project', project.id), uuidOf('eip', eip.id)];
    const planted = [
      [Vpc, names.vpc(projectId), ownerLabels({ ...other, kind: 'project', id: projectId }), {}],
      [
        ...[OvnEip, `${names.eip(eipId)}x1`, ownerLabels({ ...other, kind: 'eip', id: eipId })],
        { externalSubnet: 'ext-cloud', v4Ip: eip.address, type: 'nat' },
      ],
    ] as const;
    for (const [type, name, labels, spec] of planted) {
      const object = foreign(type, name, { spec });
      await stage.stranger.create(type, { ...object, metadata: { name, labels } });
    }
    await setMode('manage');
    const view = await expectPhase(`/v1/projects/${project.id}`, 'failed');
    expect(conditionOf(view, 'VpcReady')).toMatchObject({ reason: 'Conflict' });
    const eipView = await expectPhase(`/v1/eips/${eip.id}`, 'failed');
    expect(conditionOf(eipView, 'AddressReady')).toMatchObject({ reason: 'Conflict' });
    for (const [type, name, labels] of planted) {
      expect((await stage.stranger.get(type, ref(name)))?.metadata.labels).toMatchObject(labels);
    }
  });
});
