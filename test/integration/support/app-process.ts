/** The API or a worker as a process of its own, to be ended with or without mercy. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { CHECKOUT } from '../../runner/run-command.ts';

export interface AppProcess {
  readonly process: ChildProcess;
  /** Of an API that listens; empty otherwise. */
  readonly url: string;
  /** Sends the signal; resolves with the exit code, or the signal that ended it. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | string | null>;
  /** Resolves as `end` when the process ends by itself. */
  readonly ended: Promise<number | string | null>;
}

type Environment = Readonly<Record<string, string>>;

/**
 * Resolves when it listens; it may not have connected to its database.
 * @param root whose code it runs; default: this checkout's
 */
export async function startApiProcess(environment: Environment, root = CHECKOUT): Promise<AppProcess> {
  return start(`${root}apps/api/src/main.ts`, environment);
}

/** Resolves when it has connected to its database and serves. */
export async function startWorkerProcess(environment: Environment, root = CHECKOUT): Promise<AppProcess> {
  return start(`${root}apps/worker/src/main.ts`, environment);
}

async function start(main: string, environment: Environment): Promise<AppProcess> {
  const child = spawn(process.execPath, [main], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit').then(
    ([code, signal]: (number | string | null)[]) => code ?? signal ?? null,
  );
  const said = await Promise.race([once(child, 'message'), ended]);
  const [ready] = (Array.isArray(said) ? said : []) as [{ url?: string }?]; // what main.ts sends
  return {
    process: child,
    url: ready?.url ?? '',
    ended,
    async end(signal) {
      child.kill(signal);
      return ended;
    },
  };
}
