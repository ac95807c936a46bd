/** A process of the sandbox: started with its own log, started again when it dies, ended with the sandbox. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { apiSettings } from '../../api/src/config.ts';
import { workerSettings } from '../../worker/src/config.ts';

export interface ChildOptions {
  readonly name: string;
  /** Path below the checkout. */
  readonly script: string;
  readonly arguments?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly logDirectory: string;
  /** Ends the start; once it is ready, `stop` does. */
  readonly signal?: AbortSignal;
  /** Called when it has died and is started again. */
  readonly onRestart: (name: string) => void;
}

export interface Child {
  /** Of the process that runs now. */
  readonly pid: number;
  stop(): Promise<void>;
}

const READY_TIMEOUT_MS = 30_000;
const RESTART_MS = 500;
const STOP_TIMEOUT_MS = 10_000;

/**
 * Resolves when the process says that it is ready.
 * @throws Error with its last words when it ends before, or the signal's reason; the process has ended then
 */
export async function startChild(options: ChildOptions): Promise<Child> {
  const state: { process?: ChildProcess; ready?: ChildProcess; isStopping: boolean } = { isStopping: false };

  async function launch(): Promise<void> {
    const child = spawnChild(options);
    state.process = child;
    child.once('exit', () => {
      // one that never became ready has failed its starter instead
      if (state.isStopping || state.ready !== child) return;
      options.onRestart(options.name);
      setTimeout(() => {
        if (!state.isStopping) void launch().catch(() => options.onRestart(options.name));
      }, RESTART_MS);
    });
    await becomesReady(child, options);
    state.ready = child;
  }

  async function stop(): Promise<void> {
    state.isStopping = true;
    await end(state.process);
  }

  options.signal?.throwIfAborted();
  await launch().catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return {
    get pid() {
      return state.process?.pid ?? 0;
    },
    stop,
  };
}

function spawnChild(options: ChildOptions): ChildProcess {
  const log = createWriteStream(logFile(options), { flags: 'a' });
  const script = fileURLToPath(new URL(`../../../${options.script}`, import.meta.url));
  const child = spawn(process.execPath, [script, ...(options.arguments ?? [])], {
    // a group of its own: Ctrl-C reaches the sandbox alone, which ends the others in order
    detached: true,
    env: { ...cleanEnvironment(), ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  child.stdout?.pipe(log, { end: false });
  child.stderr?.pipe(log, { end: false });
  return child;
}

const settingNames = new Set([...Object.keys(apiSettings), ...Object.keys(workerSettings)]);

/** What the shell says about an API or a worker is not meant for those of the sandbox. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !settingNames.has(name)));
}

async function becomesReady(child: ChildProcess, options: ChildOptions): Promise<void> {
  const { name, signal } = options;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(
    () => reject(new Error(`${name} is not ready after ${READY_TIMEOUT_MS} ms`)),
    READY_TIMEOUT_MS,
  );
  const abort = () => reject(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  child.once('message', () => resolve());
  child.once('exit', (code) => {
    lastWords(options).then(
      (words) => reject(new Error(`${name} ended (${code}) at start:\n${words}`)),
      reject,
    );
  });
  await promise.finally(() => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  });
}

function logFile({ logDirectory, name }: ChildOptions): string {
  return join(logDirectory, `${name}.log`);
}

const LAST_WORDS = 2_000;

async function lastWords(options: ChildOptions): Promise<string> {
  const text = await readFile(logFile(options), 'utf8').catch(() => '');
  return text.slice(-LAST_WORDS);
}

async function end(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  child.once('exit', () => resolve());
  child.kill('SIGTERM');
  await promise;
  clearTimeout(timer);
}
