/** Which measurements a run makes, and why it leaves out the others. */
import { isControlPlaneBuilt } from '../cluster/control-plane/build.ts';
import type { BenchArguments } from './arguments.ts';
import type { Measurement } from './measurement.ts';
import type { Skipped } from './output.ts';

export interface Plan {
  readonly chosen: readonly Measurement[];
  readonly skipped: readonly Skipped[];
}

export async function plan(
  measurements: readonly Measurement[],
  { isQuick, only }: Pick<BenchArguments, 'isQuick' | 'only'>,
  isBuilt: () => Promise<boolean> = isControlPlaneBuilt,
): Promise<Plan> {
  const isAsked = (name: string) => only.length === 0 || only.includes(name);
  const asked = measurements.filter(({ rows }) => rows.some(isAsked));
  const hasControlPlane = await isBuilt();
  const whyNot = (measurement: Measurement): string | undefined => {
    if (!isQuick) return undefined;
    if (measurement.needs === 'control-plane' && !hasControlPlane) {
      return 'it needs the control plane, which is not built yet (npm run test:cluster builds it)';
    }
    return measurement.isQuick || only.length > 0 ? undefined : 'it is not part of --quick';
  };
  return {
    chosen: asked.filter((measurement) => whyNot(measurement) === undefined),
    skipped: asked.flatMap((measurement) => {
      const why = whyNot(measurement);
      return why === undefined ? [] : measurement.rows.filter(isAsked).map((name) => ({ name, why }));
    }),
  };
}
