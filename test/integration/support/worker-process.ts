/** A worker as a process of its own, to be ended without mercy. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface WorkerProcess {
  readonly process: ChildProcess;
  /** Sends the signal; resolves with the exit code, or the signal that ended it. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | string | null>;
  /** Resolves as `end` when the process ends by itself. */
  readonly ended: Promise<number | string | null>;
}

const main = fileURLToPath(new URL('../../../apps/worker/src/main.ts', import.meta.url));

/** Resolves when it has connected to its database and serves. */
export async function startWorkerProcess(
  environment: Readonly<Record<string, string>>,
): Promise<WorkerProcess> {
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
