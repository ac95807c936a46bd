import { kubeTypes, labelKeys } from '@netplane/k8s-adapter';
import { beforeAll, describe, expect, it } from 'vitest';
import { leakKinds } from '../../../apps/worker/src/doctor/difference.ts';
import { LOOK_AGAIN_MS } from '../../../apps/worker/src/doctor/look.ts';
import { eipBody } from '../../support/builders/eip.builder.ts';
import { projectBody } from '../../support/builders/project.builder.ts';
import { eventually, foreign, useClusterStage } from '../support/cluster-stage.ts';
import { askDoctor } from '../support/doctor.ts';
import { roomyQuotas } from '../support/stage.ts';
import type { ProjectView, View } from '../support/views.ts';

const { OvnEip } = kubeTypes;
const stage = useClusterStage({
  environment: roomyQuotas,
  hasWorker: false,
  worker: { RESYNC_SECONDS: '5' },
});
const metricsUrls: string[] = [];

beforeAll(async () => {
  for (let count = 0; count < 2; count += 1) metricsUrls.push((await stage.startWorker()).adminUrl);
});

async function createProject(): Promise<ProjectView> {
  const { id } = await stage.api.must<View>('POST', '/v1/projects', {
    body: projectBody(stage.world.acmeId),
  });
  return stage.settled(`/v1/projects/${id}`, 60);
}

/** A project with EIPs that come and go, and it goes itself. */
async function live(rounds: number): Promise<void> {
  const project = await createProject();
  for (let round = 0; round < rounds; round += 1) {
    const made = await Promise.all(
      Array.from({ length: 4 }, () =>
        stage.api.must<View>('POST', '/v1/eips', { body: eipBody(project.id) }),
      ),
    );
    // some before they are ready
    if (round % 2 === 0) await Promise.all(made.map(({ id }) => stage.settled(`/v1/eips/${id}`, 60)));
    for (const { id } of made) await stage.api.must('DELETE', `/v1/eips/${id}`);
    for (const { id } of made) await stage.gone(`/v1/eips/${id}`);
  }
  await stage.api.must('DELETE', `/v1/projects/${project.id}`);
  await stage.gone(`/v1/projects/${project.id}`);
}

describe('a busy system', () => {
  it('has nothing that differs at any moment', async () => {
    let isBusy = true;
    const lives = Promise.all(Array.from({ length: 4 }, () => live(3))).finally(() => {
      isBusy = false;
    });
    let looks = 0;
    while (isBusy) {
      expect(await askDoctor(stage, [], {}, LOOK_AGAIN_MS), `look ${looks}`).toEqual({
        differences: [],
        exitCode: 0,
      });
      looks += 1;
    }
    await lives;
    expect(looks).toBeGreaterThan(3);
  });
});

/** The sum over both workers: one of them looks. */
async function leakMetrics(): Promise<Readonly<Record<string, number>>> {
  const sums: Record<string, number> = {};
  for (const url of metricsUrls) {
    const text = await (await fetch(`${url}/metrics`)).text();
    for (const [, kind = '', count] of text.matchAll(/^netplane_leaks\{kind="(\w+)"\} (\d+)$/gm)) {
      sums[kind] = (sums[kind] ?? 0) + Number(count);
    }
  }
  return sums;
}

const none = Object.fromEntries(Object.keys(leakKinds).map((kind) => [kind, 0]));

describe('the metrics of the worker', () => {
  it('show every kind of leak with zero, and what has leaked within a resync', async () => {
    await eventually(async () => expect(await leakMetrics()).toEqual(none));
    const { rows } = await stage.database.owner.query<{ id: string }>('select id from installation');
    const labels = { [labelKeys.installation]: rows[0]?.id ?? '' };
    const spec = { externalSubnet: 'ext-cloud', v4Ip: '100.65.9.9', type: 'nat' };
    const object = foreign(OvnEip, 'stray', { spec });
    const { metadata } = await stage.stranger.create(OvnEip, {
      ...object,
      metadata: { name: 'stray', labels },
    });
    await eventually(async () => expect(await leakMetrics()).toEqual({ ...none, unknown_object: 1 }), 30_000);
    await stage.stranger.delete(OvnEip, { namespace: null, name: 'stray' }, metadata.uid ?? '');
    await eventually(async () => expect(await leakMetrics()).toEqual(none), 30_000);
  });
});
