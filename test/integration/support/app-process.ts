/** The API or a worker as a process of its own, to be ended with or without mercy. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface AppProcess {
  readonly process: ChildProcess;
  /** Sends the signal; resolves with the exit code, or the signal that ended it. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | string | null>;
  /** Resolves as `end` when the process ends by itself. */
  readonly ended: Promise<number | string | null>;
}

type Environment = Readonly<Record<string, string>>;

/** Resolves when it listens; it may not have connected to its database. */
export async function startApiProcess(environment: Environment): Promise<AppProcess> {
  return start('api', environment);
}

/** Resolves when it has connected to its database and serves. */
export async function startWorkerProcess(environment: Environment): Promise<AppProcess> {
  return start('worker', environment);
}

async function start(app: 'api' | 'worker', environment: Environment): Promise<AppProcess> {
  const main = fileURLToPath(new URL(`../../../apps/${app}/src/main.ts`, import.meta.url));
  const child = spawn(process.execPath, [main], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit').then(
    ([code, signal]: (number | string | null)[]) => code ?? signal ?? null,
  );
  await Promise.race([once(child, 'message'), ended]);
  return {
    process: child,
    ended,
    async end(signal) {
      child.kill(signal);
      return ended;
    },
  };
}
