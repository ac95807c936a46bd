/**
 * What is fuzzed: API, worker, database, identity provider and simulated cluster as processes of their own on free
 * ports, with the demo's data.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startChild } from '../../apps/sandbox/src/child.ts';
import { makeDemo } from '../support/demo.ts';
import { startStack } from '../support/stack.ts';

const RANGES_TIMEOUT_SECONDS = 60;

export interface FuzzedSandbox {
  readonly apiUrl: string;
  /** Access tokens by persona. */
  readonly tokens: Readonly<Record<string, string>>;
  /** TypeID of the issuer of these tokens. */
  readonly issuer: string;
  /** Processes that have ended by themselves. */
  readonly deaths: readonly string[];
  /** Whether the API still serves. */
  isReady(): Promise<boolean>;
  /** What the API has logged as a fault of its own. */
  faults(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

/** @throws Error when a part does not start; the others are stopped then */
export async function startFuzzedSandbox(): Promise<FuzzedSandbox> {
  const directory = await mkdtemp(join(tmpdir(), 'netplane-fuzz-'));
  const kubeconfigPath = join(directory, 'kubeconfig');
  const stops: (() => Promise<void>)[] = [() => rm(directory, { recursive: true, force: true })];
  const deaths: string[] = [];
  const onRestart = (name: string) => deaths.push(name);
  const stop = async () => {
    for (const end of stops.reverse()) await end();
  };
  try {
    const simulator = await startChild({
      name: 'simulator',
      script: 'packages/k8s-adapter/src/simulator/main.ts',
      arguments: ['--directory', join(directory, 'cluster'), '--kubeconfig', kubeconfigPath],
      environment: {},
      logDirectory: directory,
      onRestart,
    });
    stops.push(() => simulator.stop());
    const stack = await startStack({
      kubeconfigPath,
      onRestart,
      // no limit stands in the way of what is looked for
      api: { DEFAULT_QUOTA_PROJECTS: '100000', DEFAULT_QUOTA_PUBLIC_EIPS: '100000', LOG_LEVEL: 'warn' },
    });
    stops.push(() => stack.stop());
    await makeDemo(stack, RANGES_TIMEOUT_SECONDS);
    const { apiUrl, tokens, issuer, logDirectory } = stack;
    return {
      ...{ apiUrl, tokens, issuer, deaths, stop },
      isReady: async () => (await fetch(`${apiUrl}/readyz`)).ok,
      faults: async () => {
        const lines = (await readFile(join(logDirectory, 'api.log'), 'utf8')).split('\n');
        return lines.filter((line) => line.startsWith('{"level":50'));
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
