import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export interface ProgramOptions {
  /** Also the name of its log file. */
  readonly name: string;
  readonly path: string;
  readonly args: readonly string[];
  readonly logDirectory: string;
  readonly env?: NodeJS.ProcessEnv;
}

export interface RunningProgram {
  readonly name: string;
  readonly pid: number;
  running(): boolean;
  /** The reason why waiting for this program is pointless, or undefined while it runs. */
  death(): string | undefined;
  /** Asks it to end, kills it `graceMs` later, and resolves when the process is gone. */
  stop(graceMs: number): Promise<void>;
}

/** The file that a program's output is appended to. */
export function logFile(logDirectory: string, name: string): string {
  return join(logDirectory, `${name}.log`);
}

/**
 * Starts a program in the background, its output appended to its log file.
 *
 * The kernel kills it when this process ends in whatever way, SIGKILL included: setpriv(1) sets the parent
 * death signal and then becomes the program, so the pid is the program's own. The signal goes out when the
 * *thread* that started it ends, so do not start a control plane from a worker thread that ends before it.
 */
export async function startProgram(options: ProgramOptions): Promise<RunningProgram> {
  const { name, path, args, logDirectory, env } = options;
  const output = openSync(logFile(logDirectory, name), 'a');
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', path, ...args], {
    stdio: ['ignore', output, output],
    env: { ...process.env, ...env },
  });
  closeSync(output);
  let end: string | undefined;
  const exited = once(child, 'exit').then(([code, signal]) => {
    end = `${name} ended with ${signal === null ? `exit code ${code}` : `signal ${signal}`}`;
  });
  // A failed start is reported by the wait below; the promise of the exit then never settles usefully.
  exited.catch(() => {});
  try {
    await once(child, 'spawn');
  } catch (cause) {
    throw new Error(`cannot start ${name}: setpriv (package util-linux) is missing`, { cause });
  }
  const { pid } = child;
  if (pid === undefined) throw new Error(`${name} was started without a pid`);
  return {
    name,
    pid,
    running: () => end === undefined,
    death: () => end,
    stop: async (graceMs) => {
      if (end !== undefined) return;
      child.kill('SIGTERM');
      await Promise.race([exited, delay(graceMs, undefined, { ref: false })]);
      if (end === undefined) child.kill('SIGKILL');
      await exited;
    },
  };
}
