/** The doctor in this process, configured like the stage's worker. */
import { readWorkerSettings } from '../../../apps/worker/src/config.ts';
import type { Difference } from '../../../apps/worker/src/doctor/difference.ts';
import { runDoctor } from '../../../apps/worker/src/doctor/doctor.ts';
import { readDoctorOptions } from '../../../apps/worker/src/doctor/options.ts';
import type { ClusterStage } from './cluster-stage.ts';

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
