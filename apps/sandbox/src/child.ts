/** A process of the sandbox: started with its own log, started again when it dies, ended with the sandbox. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { files } from './state.ts';

export interface ChildOptions {
  readonly name: string;
  /** Path below the checkout. */
  readonly script: string;
  readonly arguments?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly onRestart: (name: string) => void;
}

export interface Child {
  stop(): Promise<void>;
}

const READY_TIMEOUT_MS = 30_000;
const RESTART_MS = 500;
const STOP_TIMEOUT_MS = 10_000;

/** Resolves when the process says that it is ready. @throws Error with its last words when it ends before */
export async function startChild(options: ChildOptions): Promise<Child> {
  const state: { process: ChildProcess | undefined; isStopping: boolean } = {
    process: undefined,
    isStopping: false,
  };

  async function launch(): Promise<void> {
    const child = spawnChild(options);
    state.process = child;
    child.once('exit', () => {
      if (state.isStopping || state.process !== child || !isReady(child)) return;
      options.onRestart(options.name);
      setTimeout(() => {
        if (!state.isStopping) void launch().catch(() => options.onRestart(options.name));
      }, RESTART_MS);
    });
    await becomesReady(child, options.name);
  }

  await launch();
  return {
    async stop() {
      state.isStopping = true;
      await end(state.process);
    },
  };
}

const readyChildren = new WeakSet<ChildProcess>();

function isReady(child: ChildProcess): boolean {
  return readyChildren.has(child);
}

function spawnChild(options: ChildOptions): ChildProcess {
  const log = createWriteStream(join(files.logs, `${options.name}.log`), { flags: 'a' });
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

/** What the sandbox was started with is not meant for its processes. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const { PORT: _, DATABASE_URL: __, ...rest } = process.env;
  return rest;
}

async function becomesReady(child: ChildProcess, name: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(
    () => reject(new Error(`${name} is not ready after ${READY_TIMEOUT_MS} ms`)),
    READY_TIMEOUT_MS,
  );
  child.once('message', () => {
    readyChildren.add(child);
    resolve();
  });
  child.once('exit', (code) => {
    lastWords(name).then((words) => reject(new Error(`${name} ended (${code}) at start:\n${words}`)), reject);
  });
  await promise.finally(() => clearTimeout(timer));
}

const LAST_WORDS = 2_000;

async function lastWords(name: string): Promise<string> {
  const text = await readFile(join(files.logs, `${name}.log`), 'utf8').catch(() => '');
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
