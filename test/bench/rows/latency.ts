/** How long a create takes while 100 arrive in a second, whether or not those before them are answered. */
import { percentile, rounded } from '../arithmetic.ts';
import { runLoad } from '../load/run-load.ts';
import type { Bench, Measurement, Row } from '../measurement.ts';
import { createNumbers, httpCreates } from '../stage/creates.ts';
import { createNetwork } from '../stage/network.ts';
import { onStage, type Stage } from '../stage/stage.ts';
import { createTenants } from '../stage/tenants.ts';

const PER_SECOND = 100;
const SECONDS = 30;
const CONNECTIONS = 64;
const shares = { 'create-p50-at-100': 0.5, 'create-p99-at-100': 0.99 } as const;

export const createLatency: Measurement = {
  rows: Object.keys(shares),
  isQuick: false,
  needs: 'database',
  measure: (bench) => onStage(bench, {}, (stage) => measure(bench, stage)),
};

async function measure(bench: Bench, stage: Stage): Promise<readonly Row[]> {
  const [api] = stage.apis;
  if (api === undefined) throw new Error('a stage without an API');
  await createNetwork(stage, { name: 'bench', cidr: '100.64.0.0/16' });
  const tenants = await createTenants(stage, 'tenant', CONNECTIONS);
  const numbers = createNumbers();
  const load = { tenants, concurrency: CONNECTIONS };
  await runLoad(httpCreates(api, numbers, { ...load, extent: { requests: 2_000 } }), bench.signal);
  const open = httpCreates(api, numbers, { ...load, extent: { seconds: SECONDS } });
  const { latenciesMs } = await runLoad({ ...open, perSecond: PER_SECOND }, bench.signal);
  return Object.entries(shares).map(([name, share]) => ({
    ...{ name, value: rounded(percentile(latenciesMs, share)), unit: 'ms', against: null, ratio: null },
  }));
}
