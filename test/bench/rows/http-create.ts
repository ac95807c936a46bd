/** Creates of EIPs over HTTP, against the statement alone and against a bare route, by 64 tenants on 32 connections. */
import { perSecond } from '../load/run-load.ts';
import type { Bench, Measurement, Row } from '../measurement.ts';
import { comparedRow, interleaved, plainRow } from '../rounds.ts';
import { createNumbers, httpCreates, sqlCreates } from '../stage/creates.ts';
import { createNetwork } from '../stage/network.ts';
import { startProcess } from '../stage/process.ts';
import { onStage, type Stage } from '../stage/stage.ts';
import { createTenants } from '../stage/tenants.ts';

const TENANTS = 64;
const CONCURRENCY = 32;
const UNIT = 'creates/s';

export const httpCreate: Measurement = {
  rows: ['http-create', 'http-create-vs-sql', 'http-create-vs-bare'],
  isQuick: true,
  needs: 'database',
  measure: (bench) => onStage(bench, {}, (stage) => measure(bench, stage)),
};

async function measure(bench: Bench, stage: Stage): Promise<readonly Row[]> {
  await createNetwork(stage, { name: 'bench', cidr: bench.isQuick ? '100.64.0.0/15' : '100.64.0.0/14' });
  const tenants = await createTenants(stage, 'tenant', TENANTS);
  const [api] = stage.apis;
  const bare = await startProcess({
    script: 'test/bench/bare/main.ts',
    arguments: [stage.database.apiUrl],
    environment: {},
    ...{ directory: bench.directory, signal: bench.signal },
  });
  try {
    if (api === undefined) throw new Error('a stage without an API');
    const numbers = createNumbers();
    const load = { tenants, concurrency: CONCURRENCY, extent: { seconds: bench.isQuick ? 1.5 : 10 } };
    const sides = {
      http: () => perSecond(httpCreates(api, numbers, load), bench.signal),
      sql: () => perSecond(sqlCreates(stage, numbers, load), bench.signal),
      bare: () => perSecond(httpCreates(bare, numbers, load), bench.signal),
    };
    const warm = { ...load, extent: { seconds: bench.isQuick ? 1 : 3 } };
    await perSecond(httpCreates(api, numbers, warm), bench.signal);
    await perSecond(httpCreates(bare, numbers, warm), bench.signal);
    const { http, sql, bare: bareRate } = await interleaved(bench, UNIT, sides);
    await assertNothingWrong(stage);
    return [
      plainRow('http-create', UNIT, http),
      comparedRow('http-create-vs-sql', UNIT, http, { name: 'create_eip by pg', values: sql }),
      comparedRow('http-create-vs-bare', UNIT, http, { name: 'bare Fastify route', values: bareRate }),
    ];
  } finally {
    await bare.stop();
  }
}

/** Fast and wrong would be no result: counters, addresses and intervals have to agree with the rows. */
async function assertNothingWrong({ database }: Stage): Promise<void> {
  const { rows } = await database.owner.query('select * from invariant_difference limit 10');
  if (rows.length > 0) throw new Error(`the creates left differences: ${JSON.stringify(rows)}`);
}
