/** The doctor in this process, configured like the stage's worker. */

import { expect } from 'vitest';
import { readWorkerSettings } from '../../../apps/worker/src/config.ts';
import type { Difference } from '../../../apps/worker/src/doctor/difference.ts';
import { runDoctor } from '../../../apps/worker/src/doctor/doctor.ts';
import { readDoctorOptions } from '../../../apps/worker/src/doctor/options.ts';
import { eipBody } from '../../support/builders/eip.builder.ts';
import { projectBody } from '../../support/builders/project.builder.ts';
import { type ClusterStage, eventually } from './cluster-stage.ts';
import type { EipView, ProjectView } from './views.ts';

export interface DoctorAnswer {
  readonly exitCode: number;
  readonly differences: readonly Difference[];
  readonly orphans?: {
    readonly objects: readonly Readonly<Record<string, string | null>>[];
    readonly rows: readonly Readonly<Record<string, string>>[];
  };
  readonly plan?: readonly {
    readonly kind: string;
    readonly id: string;
    readonly writes: readonly {
      readonly do: string;
      readonly object: string;
      readonly after: string | null;
    }[];
  }[];
}

/** Nobody works on the stages that have something to notice. */
const LOOK_AGAIN_MS = 50;

/** One run with these arguments, on this worker's database and cluster. */
export async function askDoctor(
  stage: Pick<ClusterStage, 'workerEnvironment'>,
  args: readonly string[] = [],
  environment: Readonly<Record<string, string>> = {},
  lookAgainMs = LOOK_AGAIN_MS,
): Promise<DoctorAnswer> {
  const settings = readWorkerSettings(stage.workerEnvironment(environment));
  const options = readDoctorOptions(['--json', ...args]);
  const { text, exitCode } = await runDoctor(settings, options, new AbortController().signal, lookAgainMs);
  return { ...JSON.parse(text), exitCode };
}

/** A project with an EIP, made ready by a worker that has stopped since: nothing differs, and nobody mends anything. */
export async function makeQuietProject(
  stage: ClusterStage,
): Promise<{ readonly project: ProjectView; readonly eip: EipView }> {
  const worker = await stage.startWorker();
  const project = await stage.api.must<ProjectView>('POST', '/v1/projects', {
    body: projectBody(stage.world.acmeId),
  });
  const eip = await stage.api.must<EipView>('POST', '/v1/eips', { body: eipBody(project.id) });
  for (const path of [`/v1/projects/${project.id}`, `/v1/eips/${eip.id}`]) {
    expect(await stage.settled(path)).toMatchObject({ status: { phase: 'ready' } });
  }
  await eventually(async () => expect((await askDoctor(stage)).differences).toEqual([]));
  await worker.stop();
  return { project, eip };
}
