/** Creates at other concurrencies and with other numbers of tenants, each against the statement alone. */
import { perSecond } from '../load/run-load.ts';
import type { Bench, Measurement, Row } from '../measurement.ts';
import { comparedRow, interleaved } from '../rounds.ts';
import { createNumbers, httpCreates, sqlCreates } from '../stage/creates.ts';
import { createNetwork } from '../stage/network.ts';
import { onStage, type Stage } from '../stage/stage.ts';
import { createTenants } from '../stage/tenants.ts';

const shapes = [
  { name: 'http-create-c1', tenants: 64, concurrency: 1 },
  { name: 'http-create-c8', tenants: 64, concurrency: 8 },
  { name: 'http-create-c128', tenants: 64, concurrency: 128 },
  { name: 'http-create-t1', tenants: 1, concurrency: 32 },
  { name: 'http-create-t1000', tenants: 1_000, concurrency: 32 },
] as const;
const UNIT = 'creates/s';
const SECONDS = 5;

export const createShapes: Measurement = {
  rows: shapes.map(({ name }) => name),
  isQuick: false,
  needs: 'database',
  measure: (bench) => onStage(bench, {}, (stage) => measure(bench, stage)),
};

async function measure(bench: Bench, stage: Stage): Promise<readonly Row[]> {
  const [api] = stage.apis;
  if (api === undefined) throw new Error('a stage without an API');
  await createNetwork(stage, { name: 'bench', cidr: '100.64.0.0/12' });
  const wanted = shapes.filter(({ name }) => bench.wants(name));
  const tenants = await createTenants(stage, 'tenant', Math.max(...wanted.map((shape) => shape.tenants)));
  const numbers = createNumbers();
  const rows: Row[] = [];
  for (const { name, concurrency, tenants: count } of wanted) {
    const some = tenants.slice(0, count);
    const load = { tenants: some, concurrency, extent: { seconds: SECONDS } };
    // every token is checked once before, as it is once a minute
    const warmUp = { ...load, extent: { requests: Math.max(count, 500) } };
    await perSecond(httpCreates(api, numbers, warmUp), bench.signal);
    const { http, sql } = await interleaved(bench, UNIT, {
      http: () => perSecond(httpCreates(api, numbers, load), bench.signal),
      sql: () => perSecond(sqlCreates(stage, numbers, load), bench.signal),
    });
    rows.push(comparedRow(name, UNIT, http, { name: 'create_eip by pg', values: sql }));
  }
  return rows;
}
