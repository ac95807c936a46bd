/** Runs the measurements that were asked for, one after the other, and prints what they found. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { PostgresServer } from '../../apps/sandbox/src/postgres/server.ts';
import { startTestPostgres } from '../support/postgres.ts';
import { type BenchArguments, readArguments, UsageError } from './arguments.ts';
import type { Bench, Measurement, Row } from './measurement.ts';
import { measurements } from './measurements.ts';
import { asJson, asTable, type Results } from './output.ts';
import { plan } from './plan.ts';

const ROUNDS = 3;
/** Durability as PostgreSQL and the sandbox have it: every commit waits for the disk. Statements can be counted. */
const POSTGRES_SETTINGS = { shared_preload_libraries: 'pg_stat_statements' };

/** @returns the exit code */
export async function runBench(words: readonly string[]): Promise<number> {
  const stop = new AbortController();
  const interrupt = () => stop.abort(new Error('interrupted'));
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  try {
    const asked = readArguments(
      words,
      measurements.flatMap(({ rows }) => rows),
    );
    const results = await measureAll(asked, stop.signal);
    process.stdout.write(`${asked.isJson ? asJson(results) : asTable(results)}\n`);
    return 0;
  } catch (error) {
    console.error(error instanceof UsageError ? error.message : error);
    return 1;
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}

async function measureAll(asked: BenchArguments, signal: AbortSignal): Promise<Results> {
  const { chosen, skipped } = await plan(measurements, asked);
  const directory = await mkdtemp(join(tmpdir(), 'netplane-bench-'));
  const opened: { postgres?: Promise<PostgresServer> } = {};
  const say = (text: string) => {
    if (!asked.isJson) process.stderr.write(`  ${text}\n`);
  };
  const isWanted = (row: string) => asked.only.length === 0 || asked.only.includes(row);
  const bench: Bench = {
    ...{ isQuick: asked.isQuick, rounds: ROUNDS, directory, signal, say, wants: isWanted },
    postgres() {
      opened.postgres ??= startPostgres(directory);
      return opened.postgres;
    },
  };
  const rows: Row[] = [];
  try {
    for (const measurement of chosen) rows.push(...(await measureOne(bench, measurement)));
  } finally {
    const postgres = await opened.postgres?.catch(() => undefined); // its failure is told by who needed it
    await postgres?.stop();
    await rm(directory, { recursive: true, force: true });
  }
  return { rows, skipped };
}

async function measureOne(bench: Bench, measurement: Measurement): Promise<readonly Row[]> {
  bench.signal.throwIfAborted();
  const wanted = measurement.rows.filter((row) => bench.wants(row));
  bench.say(wanted.join(', '));
  const rows = (await measurement.measure(bench)).filter(({ name }) => wanted.includes(name));
  for (const name of wanted) {
    const row = rows.find((candidate) => candidate.name === name);
    if (row === undefined || !Number.isFinite(row.value)) throw new Error(`${name} was not measured`);
  }
  return rows;
}

async function startPostgres(directory: string): Promise<PostgresServer> {
  const server = await startTestPostgres(directory, POSTGRES_SETTINGS);
  const client = new pg.Client(server.url);
  await client.connect();
  // no statement is counted but where a measurement asks for it
  await client.query(`alter system set pg_stat_statements.track = 'none'`);
  await client.query('select pg_reload_conf()');
  await client.end();
  return server;
}
