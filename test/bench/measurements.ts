/** Everything that `npm run bench` measures, in the order in which it does. */
import type { Measurement } from './measurement.ts';
import { httpCreate } from './rows/http-create.ts';

export const measurements: readonly Measurement[] = [httpCreate];
