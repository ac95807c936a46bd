/** Creates through two API processes at once, against one. */
import { perSecond } from '../load/run-load.ts';
import type { Bench, Measurement, Row } from '../measurement.ts';
import { comparedRow, interleaved } from '../rounds.ts';
import { createNumbers, httpCreates } from '../stage/creates.ts';
import { createNetwork } from '../stage/network.ts';
import { onStage, type Stage } from '../stage/stage.ts';
import { createTenants } from '../stage/tenants.ts';

const UNIT = 'creates/s';
const TENANTS = 64;
const CONCURRENCY = 32;
const SECONDS = 5;

export const twoProcesses: Measurement = {
  rows: ['http-create-2-processes'],
  isQuick: false,
  needs: 'database',
  measure: (bench) => onStage(bench, { apis: 2 }, (stage) => measure(bench, stage)),
};

async function measure(bench: Bench, stage: Stage): Promise<readonly Row[]> {
  await createNetwork(stage, { name: 'bench', cidr: '100.64.0.0/14' });
  const tenants = await createTenants(stage, 'tenant', TENANTS);
  const numbers = createNumbers();
  const through = async (apis: Stage['apis']) => {
    const load = { tenants, concurrency: CONCURRENCY / apis.length, extent: { seconds: SECONDS } };
    const rates = await Promise.all(
      apis.map((api) => perSecond(httpCreates(api, numbers, load), bench.signal)),
    );
    return rates.reduce((sum, rate) => sum + rate, 0);
  };
  await through(stage.apis);
  const { one, two } = await interleaved(bench, UNIT, {
    one: () => through(stage.apis.slice(0, 1)),
    two: () => through(stage.apis),
  });
  return [comparedRow('http-create-2-processes', UNIT, two, { name: 'one API process', values: one })];
}
