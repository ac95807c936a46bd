/** A production process under measurement: on its own, its log in a file, never started again by itself. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export interface BenchProcess {
  readonly pid: number;
  /** What the process said when it was ready: where it listens. */
  readonly ready: { readonly url: string; readonly adminUrl: string };
  /** Resident memory. */
  residentBytes(): Promise<number>;
  stop(): Promise<void>;
}

export interface ProcessOptions {
  /** Path below the checkout. */
  readonly script: string;
  readonly arguments?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Where its log goes. */
  readonly directory: string;
  readonly signal: AbortSignal;
}

const run = promisify(execFile);
const STOP_TIMEOUT_MS = 10_000;
const LAST_WORDS = 2_000;

/**
 * Resolves when it says that it is ready.
 * @throws Error with its last words when it ends before
 */
export async function startProcess(options: ProcessOptions): Promise<BenchProcess> {
  options.signal.throwIfAborted();
  const logPath = join(options.directory, `${options.script.replaceAll('/', '-')}.log`);
  const log = await open(logPath, 'a');
  const script = fileURLToPath(new URL(`../../../${options.script}`, import.meta.url));
  const child = spawn(process.execPath, [script, ...(options.arguments ?? [])], {
    // a group of its own: Ctrl-C reaches the harness alone, which ends the others in order
    detached: true,
    env: { ...process.env, ...options.environment },
    stdio: ['ignore', log.fd, log.fd, 'ipc'],
  });
  await log.close();
  const exited = once(child, 'exit');
  const ready = once(child, 'message').then(([message]) => message as BenchProcess['ready']); // main.ts of each says so
  const early = exited.then(async () => {
    const words = (await readFile(logPath, 'utf8')).slice(-LAST_WORDS);
    throw new Error(`${options.script} ended at its start:\n${words}`);
  });
  early.catch(() => {}); // it ends in the end
  const message = await Promise.race([ready, early]);

  async function stop(): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    child.kill('SIGTERM');
    await exited;
    clearTimeout(timer);
  }

  return {
    pid: child.pid ?? 0,
    ready: message,
    async residentBytes() {
      const { stdout } = await run('ps', ['-o', 'rss=', '-p', String(child.pid)]);
      return Number(stdout.trim()) * 1_024;
    },
    stop,
  };
}
