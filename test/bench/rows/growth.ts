/** What one create costs the database, and how that grows with 0, 100,000 and 1,000,000 EIPs in the tables. */
import { median, rounded } from '../arithmetic.ts';
import { runLoad } from '../load/run-load.ts';
import type { Bench, Measurement, Row } from '../measurement.ts';
import { createNumbers, httpCreates } from '../stage/creates.ts';
import { createNetwork } from '../stage/network.ts';
import { forgetSeed, seedEips, seedTrail } from '../stage/seed.ts';
import { onStage, type Stage } from '../stage/stage.ts';
import { createTenants, type Tenant } from '../stage/tenants.ts';

const sizes = { 0: 'empty', 100000: '100k', 1000000: '1m' } as const;
const TENANTS = 64;
const CONCURRENCY = 32;
const CREATES = 3_000;
/** While statements are counted. */
const COUNTED = 500;
const PER_PROJECT = 1_000;

const units = {
  rate: 'creates/s',
  statements: 'statements/create',
  rows: 'rows/create',
  wal: 'WAL bytes/create',
  buffers: 'buffers/create',
} as const;
type Figure = keyof typeof units;
const figures = Object.keys(units) as Figure[]; // the keys of a record of them

export const growth: Measurement = {
  rows: Object.values(sizes).flatMap(rowsAt),
  isQuick: false,
  needs: 'database',
  async measure(bench) {
    const rows: Row[] = [];
    for (const [count, size] of Object.entries(sizes)) {
      if (!rowsAt(size).some((row) => bench.wants(row))) continue;
      rows.push(...(await onStage(bench, {}, (stage) => measureAt(bench, stage, Number(count), size))));
    }
    return rows;
  },
};

function rowsAt(size: string): readonly string[] {
  return figures.map((figure) => `create-${figure}-at-${size}`);
}

async function measureAt(bench: Bench, stage: Stage, count: number, size: string): Promise<readonly Row[]> {
  const network = await createNetwork(stage, { name: 'bench', cidr: '100.64.0.0/12' });
  const tenants = await createTenants(stage, 'tenant', TENANTS);
  const [owner] = tenants;
  if (count > 0 && owner !== undefined) {
    const seed = { tenant: owner, network, count, perProject: PER_PROJECT };
    await seedEips(stage, seed);
    await seedTrail(stage, seed);
    await forgetSeed(stage);
  }
  bench.say(`${count.toLocaleString('en')} EIPs are there`);
  const measured = await cost(bench, stage, tenants);
  return figures.map((figure) => ({
    name: `create-${figure}-at-${size}`,
    value: rounded(measured[figure]),
    ...{ unit: units[figure], against: null, ratio: null },
  }));
}

/** Per create, from the server's own counters before and after; the rate is the median of the rounds. */
async function cost(
  bench: Bench,
  stage: Stage,
  tenants: readonly Tenant[],
): Promise<Readonly<Record<Figure, number>>> {
  const [api] = stage.apis;
  if (api === undefined) throw new Error('a stage without an API');
  const numbers = createNumbers();
  const creates = (requests: number) =>
    runLoad(
      httpCreates(api, numbers, { tenants, concurrency: CONCURRENCY, extent: { requests } }),
      bench.signal,
    );
  await creates(CREATES);
  const statements = await countStatements(stage, async () => (await creates(COUNTED)).answers);
  // whole pages, which follow a checkpoint into the WAL, are part of the cost
  await stage.database.owner.query('checkpoint');
  const before = await readCounters(stage);
  const rates: number[] = [];
  for (let round = 0; round < bench.rounds; round += 1) {
    const { answers, seconds } = await creates(CREATES);
    rates.push(answers / seconds);
  }
  const after = await readCounters(stage);
  const perCreate = (figure: keyof Counters) => (after[figure] - before[figure]) / (CREATES * bench.rounds);
  return {
    ...{ rate: median(rates), statements },
    ...{ rows: perCreate('rows'), wal: perCreate('wal'), buffers: perCreate('buffers') },
  };
}

/** Statements inside of functions are counted, too. */
async function countStatements(stage: Stage, work: () => Promise<number>): Promise<number> {
  const { owner } = stage.database;
  await owner.query('create extension if not exists pg_stat_statements');
  const track = async (what: 'all' | 'none') => {
    await owner.query(`alter system set pg_stat_statements.track = '${what}'`);
    await owner.query('select pg_reload_conf()');
  };
  await track('all');
  await work(); // connections take up the setting with their next statement
  await owner.query('select pg_stat_statements_reset()');
  const answers = await work();
  const { rows } = await owner.query<{ calls: string }>(
    `select sum(s.calls) as calls from pg_stat_statements s join pg_roles r on r.oid = s.userid
     where r.rolname in ('netplane_api', 'netplane_owner') and s.dbid = (
       select oid from pg_database where datname = current_database())`,
  );
  await track('none');
  return Number(rows[0]?.calls) / answers;
}

interface Counters {
  readonly rows: number;
  readonly wal: number;
  readonly buffers: number;
}

/** A backend that has nothing to do reports what it counted within ten seconds; hence the wait. */
const REPORTED_SECONDS = 11;

async function readCounters({ database }: Stage): Promise<Counters> {
  await database.owner.query('select pg_sleep($1)', [REPORTED_SECONDS]);
  const { rows } = await database.owner.query<Record<keyof Counters, string>>(
    `select tup_inserted + tup_updated as rows, blks_hit + blks_read as buffers,
       pg_current_wal_insert_lsn() - '0/0'::pg_lsn as wal
     from pg_stat_database where datname = current_database()`,
  );
  const [row] = rows;
  if (row === undefined) throw new Error('the server has no counters of the database');
  return { rows: Number(row.rows), wal: Number(row.wal), buffers: Number(row.buffers) };
}
