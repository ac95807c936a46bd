/** The suites that the commands are made of; each answers what it came to. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runFuzz } from '../fuzz/run-fuzz.ts';
import { missingRequirements } from './requirements.ts';
import { runCommand } from './run-command.ts';
import { add, nothing, type Tally, tallyOf } from './tally.ts';

/** npm scripts: each either holds or does not. */
const checks = [
  'check:types',
  'check:lint',
  'check:imports',
  'check:unused',
  'check:contracts',
  'check:openapi',
] as const;

/** Shows the output of those that fail. */
export async function runChecks(): Promise<Tally> {
  let tally = nothing;
  for (const script of checks) {
    const { isGood, output } = await runCommand(['npm', 'run', '--silent', script], { echo: false });
    console.log(`${isGood ? 'ok  ' : 'FAIL'}  ${script}`);
    if (!isGood) console.log(output);
    tally = add(tally, tallyOf(isGood));
  }
  return tally;
}

/** Types, style and contracts are checked before; these are the tests. */
export function runTests(): Promise<Tally> {
  return runVitest(['unit', 'integration']);
}

/** Tests as the others, of what takes long: several processes, two releases, restored databases, clocks that step. */
export function runLongTests(): Promise<Tally> {
  return runVitest(['long']);
}

/** Against a real control plane, which is built on first use. */
export async function runClusterTests(): Promise<Tally> {
  const missing = await missingRequirements();
  if (missing.length === 0) return runVitest(['cluster']);
  for (const line of missing) console.log(`missing: ${line}`);
  return { passed: 0, failed: missing.length };
}

/** Everything that Netplane has to survive, in a sample against the simulator; `parameters` may ask for more. */
export async function runChaos(parameters: readonly string[]): Promise<Tally> {
  const missing = parameters.includes('cluster') ? await missingRequirements() : [];
  for (const line of missing) console.log(`missing: ${line}`);
  if (missing.length > 0) return { passed: 0, failed: missing.length };
  return runHarness(['node', 'test/chaos/main.ts', ...parameters]);
}

/** A program of its own that writes its tally as JSON where `--results` says. */
async function runHarness(command: readonly string[]): Promise<Tally> {
  const directory = await mkdtemp(join(tmpdir(), 'netplane-results-'));
  const results = join(directory, 'results.json');
  try {
    const { isGood } = await runCommand([...command, '--results', results], { echo: true });
    const tally = JSON.parse(await readFile(results, 'utf8').catch(() => '{}')) as Partial<Tally>; // of our own harness
    const { passed = 0, failed = 0 } = tally;
    return { passed, failed: isGood ? failed : Math.max(1, failed) };
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** Requests made from the OpenAPI document, hostile ones too; schemathesis is installed on first use. */
export async function runFuzzTests(parameters: readonly string[]): Promise<Tally> {
  try {
    return await runFuzz(parameters);
  } catch (error) {
    console.error(error);
    return tallyOf(false);
  }
}

interface VitestResults {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
}

async function runVitest(projects: readonly string[]): Promise<Tally> {
  const directory = await mkdtemp(join(tmpdir(), 'netplane-results-'));
  const results = join(directory, 'results.json');
  const selection = projects.flatMap((project) => ['--project', project]);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${results}`];
  try {
    const { isGood } = await runCommand(['vitest', 'run', '--allowOnly=false', ...selection, ...reporters], {
      echo: true,
    });
    const { numPassedTests, numFailedTests } = await readResults(results);
    // a file that cannot be loaded or an error outside of a test fails the run, but no test
    const failed = isGood ? numFailedTests : Math.max(1, numFailedTests);
    return { passed: numPassedTests, failed };
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function readResults(path: string): Promise<VitestResults> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as VitestResults; // written by Vitest's own reporter
  } catch (cause) {
    console.error(new Error('Vitest ended without results', { cause }));
    return { numPassedTests: 0, numFailedTests: 1 };
  }
}
