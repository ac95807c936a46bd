/** One run of schemathesis over openapi/openapi.json, and what it came to. */
import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CHECKOUT } from '../runner/run-command.ts';
import type { Tally } from '../runner/tally.ts';
import type { FuzzedSandbox } from './sandbox.ts';

const here = fileURLToPath(new URL('.', import.meta.url));

export interface FuzzRun {
  readonly name: string;
  /** Personas in the order in which they try each operation: the next one where the one before is refused. */
  readonly personas: readonly string[];
  /** Those of them who must not see what belongs to the others. */
  readonly peers: readonly string[];
  /** Of the cases that are drawn by chance, for each operation. */
  readonly examples: number;
  readonly seed: number;
}

export interface FuzzSetting {
  readonly program: string;
  readonly sandbox: FuzzedSandbox;
  /** For what the run reads and writes. */
  readonly directory: string;
  readonly signal: AbortSignal;
}

/** Counts test cases: requests of which every check held, and those of which one did not. */
export async function runSchemathesis(setting: FuzzSetting, run: FuzzRun): Promise<Tally> {
  const { program, sandbox, directory, signal } = setting;
  const report = join(directory, `${run.name}.json`);
  const config = join(directory, `${run.name}.toml`);
  const users = join(directory, `${run.name}.auth.json`);
  await writeFile(users, JSON.stringify({ auth: run.personas.map((name) => userOf(sandbox, name)) }));
  await writeFile(config, `${await readFile(join(here, 'schemathesis.toml'), 'utf8')}${authOf(users, run)}`);
  const parameters = [
    ...['--config-file', config, 'run', join(CHECKOUT, 'openapi/openapi.json'), '--url', sandbox.apiUrl],
    ...['--checks', 'all', '--phases', 'examples,coverage,fuzzing,stateful', '--no-color'],
    ...['--seed', String(run.seed), '--max-examples', String(run.examples), '--report-json-path', report],
  ];
  await end(program, parameters, { signal, issuer: sandbox.issuer });
  return tallyOf(JSON.parse(await readFile(report, 'utf8')) as Report, run); // written by schemathesis just now
}

/** In the form of Web Fuzzing Commons. */
function userOf({ tokens }: FuzzedSandbox, name: string): object {
  return { name, fixedHeaders: [{ name: 'Authorization', value: `Bearer ${tokens[name]}` }] };
}

function authOf(users: string, { peers }: FuzzRun): string {
  const list = peers.length === 0 ? '' : `peers = ${JSON.stringify(peers)}\n`;
  return `\n[auth.wfc]\npath = ${JSON.stringify(users)}\n${list}`;
}

/** Whatever it ends with: the report says what it found. */
async function end(
  program: string,
  parameters: readonly string[],
  { signal, issuer }: { readonly signal: AbortSignal; readonly issuer: string },
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const child = spawn(program, parameters, {
    cwd: here,
    env: { ...process.env, NETPLANE_FUZZ_ISSUER: issuer, PYTHONDONTWRITEBYTECODE: '1' },
    stdio: ['ignore', 'inherit', 'inherit'],
    signal,
    killSignal: 'SIGKILL',
  });
  child.once('error', reject).once('close', () => resolve());
  await promise;
}

interface Report {
  readonly complete: boolean;
  readonly operations: { readonly selected: number; readonly tested: number };
  readonly test_cases: {
    readonly generated: number;
    readonly with_failures: number;
    readonly without_checks: number;
    readonly errored: number;
  };
  readonly errors: readonly unknown[];
  readonly warnings: Readonly<Record<string, readonly string[]>>;
}

function tallyOf({ complete, operations, test_cases: cases, errors, warnings }: Report, run: FuzzRun): Tally {
  const bad = cases.with_failures + Math.max(cases.errored, errors.length);
  const faults = [
    ...(complete ? [] : [`${run.name}: did not come to its end`]),
    ...(operations.tested === operations.selected ? [] : [`${run.name}: not every operation was tested`]),
    // then the rights were lost on the way, and what followed was tested for nothing
    ...(warnings.missing_auth ?? []).map((operation) => `${run.name}: nobody was let in: ${operation}`),
    ...(warnings.unmatched_filter ?? []).map((filter) => `${run.name}: is configured for nothing: ${filter}`),
  ];
  for (const fault of faults) console.log(fault);
  return {
    passed: cases.generated - cases.without_checks - cases.with_failures - cases.errored,
    failed: bad + faults.length,
  };
}
