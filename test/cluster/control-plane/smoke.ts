/**
 * Proves that the control plane is the real thing: `node test/cluster/control-plane/smoke.ts`.
 * The steps build on each other, so the first failure skips the rest. KEEP=1 leaves the state directory.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureBuilt } from './build.ts';
import { steps } from './smoke-steps.ts';
import { startControlPlane } from './start.ts';
import { waitFor } from './wait.ts';

const holderTimeoutMs = 180_000;
let passed = 0;

try {
  await runSteps();
  await diesWithItsParent();
  console.log(`${passed} passed, 0 failed`);
} catch (error) {
  console.error(error);
  console.log(`${passed} passed, 1 failed`);
  process.exitCode = 1;
}

async function runSteps(): Promise<void> {
  const log = (line: string) => console.log(`  ${line}`);
  const binaries = await ensureBuilt(log);
  const keepState = process.env.KEEP === '1';
  const controlPlane = await startControlPlane({ binaries, log, keepState });
  const { stateDirectory } = controlPlane;
  try {
    for (const [sentence, run] of steps) await step(sentence, () => run(controlPlane));
    const running = await processesOf(stateDirectory);
    assert.equal(running.length, 7, 'the processes of a control plane are not found by their command lines');
  } catch (error) {
    console.error(await controlPlane.logTail('kube-ovn-controller', 30));
    throw error;
  } finally {
    await controlPlane.stop();
  }
  await step('leaves no process and no file behind when it is stopped', async () => {
    assert.deepEqual(await processesOf(stateDirectory), []);
    assert.equal(existsSync(stateDirectory), keepState);
  });
}

/** Starts a control plane in another process and kills that. */
async function diesWithItsParent(): Promise<void> {
  const holder = spawn(process.execPath, [join(import.meta.dirname, 'hold.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const stateDirectory = await stateDirectoryOf(holder);
  await step('dies with the process that started it, though that was killed', async () => {
    assert.equal((await processesOf(stateDirectory)).length, 7);
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    await waitFor('the end of all processes', { timeoutMs: 10_000 }, async () =>
      (await processesOf(stateDirectory)).length === 0 ? true : undefined,
    );
  });
}

async function stateDirectoryOf(holder: ChildProcess): Promise<string> {
  let output = '';
  holder.stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const givenUp = () => (holder.exitCode === null ? undefined : 'it ended');
  return waitFor('the control plane of another process', { timeoutMs: holderTimeoutMs, givenUp }, async () =>
    output.endsWith('\n') ? (JSON.parse(output) as { stateDirectory: string }).stateDirectory : undefined,
  );
}

async function step(sentence: string, run: () => Promise<void>): Promise<void> {
  const startedAt = performance.now();
  try {
    await run();
  } catch (cause) {
    throw new Error(`not ok: ${sentence}`, { cause });
  }
  passed += 1;
  console.log(`ok: ${sentence} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`);
}

/** Command lines of the running processes that work in a state directory. */
async function processesOf(stateDirectory: string): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''));
  return (await Promise.all(lines)).filter((line) => line.includes(stateDirectory));
}
