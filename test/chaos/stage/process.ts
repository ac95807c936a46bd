/** A program of Netplane as a process of its own, that can be killed, frozen and started again. Nothing restarts it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const CHECKOUT = new URL('../../../', import.meta.url);
const READY_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 20_000;

export interface ProgramOptions {
  /** Path below the checkout. */
  readonly script: string;
  readonly arguments?: readonly string[];
  /** Of the environment of this process it gets nothing but `PATH` and `HOME`. */
  readonly environment: Readonly<Record<string, string>>;
  /** What it says is appended here. */
  readonly logPath: string;
}

/** What a program says of itself when it serves. */
export interface Ready {
  readonly url?: string;
  readonly adminUrl?: string;
}

export interface Program {
  /** Of the process that runs, or ran last. */
  readonly pid: number;
  readonly isRunning: boolean;
  readonly ready: Ready;
  readonly logPath: string;
  /** @throws Error with its last words when it ends before it serves */
  start(environment?: Readonly<Record<string, string>>): Promise<void>;
  /** At once, without a word. Resolves when it has ended. */
  kill(): Promise<void>;
  /** Asks it to end; resolves with its exit code, or the signal that ended it. */
  stop(): Promise<number | string | null>;
  freeze(): void;
  wake(): void;
}

export function createProgram(options: ProgramOptions): Program {
  const state: { child?: ChildProcess; ready: Ready; isRunning: boolean } = { ready: {}, isRunning: false };

  async function ended(): Promise<number | string | null> {
    const { child } = state;
    if (child === undefined) return null;
    if (child.exitCode === null && child.signalCode === null) {
      await new Promise((resolve) => child.once('exit', resolve));
    }
    return child.exitCode ?? child.signalCode;
  }

  return {
    get pid() {
      return state.child?.pid ?? 0;
    },
    get isRunning() {
      return state.isRunning;
    },
    get ready() {
      return state.ready;
    },
    logPath: options.logPath,
    async start(environment = {}) {
      const child = launch(options, environment);
      state.child = child;
      state.isRunning = true;
      child.once('exit', () => {
        if (state.child === child) state.isRunning = false;
      });
      state.ready = await untilReady(child, options);
    },
    async kill() {
      state.child?.kill('SIGKILL');
      await ended();
    },
    async stop() {
      const timer = setTimeout(() => state.child?.kill('SIGKILL'), STOP_TIMEOUT_MS);
      state.child?.kill('SIGTERM');
      return ended().finally(() => clearTimeout(timer));
    },
    freeze: () => void state.child?.kill('SIGSTOP'),
    wake: () => void state.child?.kill('SIGCONT'),
  };
}

function launch(options: ProgramOptions, environment: Readonly<Record<string, string>>): ChildProcess {
  const log = createWriteStream(options.logPath, { flags: 'a' });
  const { PATH = '', HOME = '' } = process.env;
  const script = fileURLToPath(new URL(options.script, CHECKOUT));
  const child = spawn(process.execPath, [script, ...(options.arguments ?? [])], {
    // a group of its own: Ctrl-C reaches the harness alone, which ends the others
    detached: true,
    env: { PATH, HOME, ...options.environment, ...environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  child.stdout?.pipe(log, { end: false });
  child.stderr?.pipe(log, { end: false });
  return child;
}

async function untilReady(child: ChildProcess, { script, logPath }: ProgramOptions): Promise<Ready> {
  const { promise, resolve, reject } = Promise.withResolvers<Ready>();
  const fail = (why: string) => {
    readFile(logPath, 'utf8').then(
      (text) => reject(new Error(`${script} ${why}:\n${text.slice(-1_500)}`)),
      reject,
    );
  };
  const timer = setTimeout(() => fail(`does not serve after ${READY_TIMEOUT_MS} ms`), READY_TIMEOUT_MS);
  child.once('message', (message) => resolve(message as Ready)); // our own programs' word
  child.once('exit', (code, signal) => fail(`ended (${code ?? signal}) at start`));
  return promise.finally(() => clearTimeout(timer));
}
