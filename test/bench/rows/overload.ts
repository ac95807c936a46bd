/**
 * What an overload does to those who are served: three times the creates that an API process can make, from a process
 * of its own, against the same process nearly idle; its memory; and how it is afterwards.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { percentile } from '../arithmetic.ts';
import type { OverloadPlan, OverloadResult } from '../load/overload.ts';
import { perSecond } from '../load/run-load.ts';
import type { Bench, Measurement, Row } from '../measurement.ts';
import { comparedRow } from '../rounds.ts';
import { createNumbers, httpCreates } from '../stage/creates.ts';
import { createNetwork } from '../stage/network.ts';
import type { BenchProcess } from '../stage/process.ts';
import { onStage, type Stage } from '../stage/stage.ts';
import { createTenants } from '../stage/tenants.ts';

const TENANTS = 64;
const CONCURRENCY = 32;
const UNDER_WAY_MAX = 2_000;
const OVER = 3;
/** Of what it can hold: nothing waits for anything. */
const LIGHT = 0.1;
/** Longer than an overload lasts after its last arrival. */
const CALM_MS = 5_500;
const MEMORY_LOOK_MS = 100;
const MIB = 1024 * 1024;

export const overload: Measurement = {
  rows: ['overload-p99-vs-unloaded', 'overload-memory', 'overload-recovery'],
  isQuick: false,
  needs: 'database',
  measure: (bench) => onStage(bench, {}, (stage) => measure(bench, stage)),
};

async function measure(bench: Bench, stage: Stage): Promise<readonly Row[]> {
  await createNetwork(stage, { name: 'bench', cidr: '100.64.0.0/14' });
  const tenants = await createTenants(stage, 'tenant', TENANTS);
  const [api] = stage.apis;
  if (api === undefined) throw new Error('a stage without an API');
  const numbers = createNumbers();
  const seconds = bench.isQuick ? 3 : 8;
  const overloadSeconds = bench.isQuick ? 3 : 20;
  const capacityOf = () =>
    perSecond(
      httpCreates(api, numbers, { tenants, concurrency: CONCURRENCY, extent: { seconds } }),
      bench.signal,
    );
  await capacityOf(); // warm
  const lists = { unloaded: [], loaded: [], memory: [], idle: [], recovered: [] } as Record<string, number[]>;
  const note = (name: string, value: number) => lists[name]?.push(value);
  for (let round = 1; round <= bench.rounds; round += 1) {
    const capacity = await capacityOf();
    const at = (share: number, extent = { seconds }) => {
      const load = httpCreates(api, numbers, { tenants, concurrency: UNDER_WAY_MAX, extent });
      return generate(bench, { ...load, extent, perSecond: capacity * share });
    };
    const before = await at(LIGHT);
    note('idle', (await api.residentBytes()) / MIB);
    const during = await watched(api, at(OVER, { seconds: overloadSeconds }));
    await new Promise((resolve) => setTimeout(resolve, CALM_MS));
    const after = await at(LIGHT);
    const results = { before, during: during.result, after };
    for (const [name, result] of Object.entries(results)) {
      bench.say(`${name}, round ${round}: ${summary(result)}`);
      if (Object.keys(result.faults).length > 0) throw new Error(`${name}: ${JSON.stringify(result.faults)}`);
      if (name !== 'during' && result.shed > 0) throw new Error(`${name}: ${result.shed} were shed`);
    }
    note('unloaded', p99(before));
    note('loaded', p99(during.result));
    note('memory', during.residentMax / MIB);
    note('recovered', p99(after));
  }
  const { unloaded = [], loaded = [], memory = [], idle = [], recovered = [] } = lists;
  const nearlyIdle = 'p99 at a tenth of what it can hold';
  return [
    comparedRow('overload-p99-vs-unloaded', 'ms', loaded, { name: nearlyIdle, values: unloaded }),
    comparedRow('overload-memory', 'MiB', memory, { name: 'before the overload', values: idle }),
    comparedRow('overload-recovery', 'ms', recovered, { name: nearlyIdle, values: unloaded }),
  ].filter(({ name }) => bench.wants(name));
}

async function generate(bench: Bench, plan: OverloadPlan): Promise<OverloadResult> {
  const script = fileURLToPath(new URL('../load/overload.ts', import.meta.url));
  const child = fork(script, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], signal: bench.signal });
  const answered = once(child, 'message', { signal: bench.signal });
  const ended = once(child, 'exit');
  child.send(plan);
  const [result] = (await Promise.race([answered, ended.then(() => [])])) as [OverloadResult?]; // its one message
  if (result === undefined) throw new Error('the load generator ended without a result');
  await ended;
  return result;
}

/** The most memory that the process had while it was asked. */
async function watched(
  api: BenchProcess,
  work: Promise<OverloadResult>,
): Promise<{ readonly result: OverloadResult; readonly residentMax: number }> {
  const state = { residentMax: 0, isOver: false };
  const looking = (async () => {
    while (!state.isOver) {
      state.residentMax = Math.max(state.residentMax, await api.residentBytes());
      await new Promise((resolve) => setTimeout(resolve, MEMORY_LOOK_MS));
    }
  })();
  const result = await work.finally(() => {
    state.isOver = true;
  });
  await looking;
  return { result, residentMax: state.residentMax };
}

function p99({ acceptedMs }: OverloadResult): number {
  return percentile(acceptedMs, 0.99);
}

function summary(result: OverloadResult): string {
  const { acceptedMs, lateMs, shed } = result;
  const ms = (share: number) => percentile(acceptedMs, share).toFixed(1);
  return `${acceptedMs.length} accepted, p50 ${ms(0.5)} ms, p99 ${ms(0.99)} ms, ${shed} shed, sent ${lateMs.toFixed(0)} ms late at most`;
}
