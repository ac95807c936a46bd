/**
 * `npm run test:fuzz [-- --seed N --examples N]`: hostile and allowed requests from the OpenAPI document against a
 * sandbox of its own, first as tenants, then as the platform. Seeded; bounded by the number of requests.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { add, nothing, type Tally, tallyOf } from '../runner/tally.ts';
import { ensureSchemathesis, missingForFuzzing } from './install.ts';
import { type FuzzRun, runSchemathesis } from './run-schemathesis.ts';
import { type FuzzedSandbox, startFuzzedSandbox } from './sandbox.ts';

const SEED = '1';
const EXAMPLES = '10';
/** A machine that is busy with other things takes its time; one that hangs does not get more than this. */
const TIMEOUT_MS = 15 * 60_000;
const LINE_MAX = 1_000;

export async function runFuzz(parameters: readonly string[]): Promise<Tally> {
  const missing = await missingForFuzzing();
  if (missing !== undefined) {
    console.log(`missing: ${missing}`);
    return { passed: 0, failed: 1 };
  }
  const startedAt = performance.now();
  const program = await ensureSchemathesis();
  const directory = await mkdtemp(join(tmpdir(), 'netplane-fuzz-runs-'));
  const sandbox = await startFuzzedSandbox();
  console.log(`schemathesis and sandbox: ${seconds(startedAt)} s`);
  try {
    const setting = { program, sandbox, directory, signal: AbortSignal.timeout(TIMEOUT_MS) };
    let tally = nothing;
    for (const run of runsOf(parameters)) {
      const runStartedAt = performance.now();
      tally = add(tally, await runSchemathesis(setting, run));
      console.log(`${run.name}, seed ${run.seed}: ${seconds(runStartedAt)} s`);
    }
    tally = add(tally, await survived(sandbox));
    if (tally.failed > 0) for (const line of await sandbox.faults()) console.log(line.slice(0, LINE_MAX));
    return tally;
  } finally {
    await sandbox.stop();
    await rm(directory, { recursive: true });
  }
}

function runsOf(parameters: readonly string[]): readonly FuzzRun[] {
  const { values } = parseArgs({
    args: [...parameters],
    options: {
      seed: { type: 'string', default: SEED },
      examples: { type: 'string', default: EXAMPLES },
    },
  });
  const shared = { seed: Number(values.seed), examples: Number(values.examples) };
  const peers = ['acme_owner', 'other_owner'];
  return [
    { ...shared, name: 'tenants', personas: [...peers, 'platform_admin'], peers },
    { ...shared, name: 'platform', personas: ['platform_admin'], peers: [] },
  ];
}

async function survived(sandbox: FuzzedSandbox): Promise<Tally> {
  for (const death of sandbox.deaths) console.log(`ended during the runs: ${death}`);
  return add(tallyOf(sandbox.deaths.length === 0), tallyOf(await sandbox.isReady()));
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1_000).toFixed(1);
}
