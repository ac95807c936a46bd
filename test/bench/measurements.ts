/** Everything that `npm run bench` measures, in the order in which it does. */
import type { Measurement } from './measurement.ts';
import { fillMeasurements } from './rows/fill.ts';
import { growth } from './rows/growth.ts';
import { httpCreate } from './rows/http-create.ts';
import { createLatency } from './rows/latency.ts';
import { overload } from './rows/overload.ts';
import { reads } from './rows/reads.ts';
import { createShapes } from './rows/shapes.ts';
import { starts } from './rows/starts.ts';
import { twoProcesses } from './rows/two-processes.ts';
import { onControlPlane } from './worker/ready.ts';
import { workerAtScale } from './worker/scale.ts';
import { workerVersusApplySimulated } from './worker/throughput.ts';

export const measurements: readonly Measurement[] = [
  httpCreate,
  createShapes,
  ...fillMeasurements,
  createLatency,
  twoProcesses,
  overload,
  reads,
  starts,
  growth,
  workerVersusApplySimulated,
  workerAtScale,
  onControlPlane,
];
