import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** Says what happens, one line at a time. */
export type Log = (line: string) => void;

/** The directory outside the checkout where built programs are kept between runs and checkouts. */
export function cacheDirectory(env: NodeJS.ProcessEnv = process.env): string {
  if (env.NETPLANE_CLUSTER_CACHE) return env.NETPLANE_CLUSTER_CACHE;
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'netplane', 'cluster');
}

/** A short name for a recipe: the same parts always give the same 12 hexadecimal digits. */
export function recipeKey(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 12);
}

/**
 * Makes `path` (a file or a directory) unless it is there: `build` makes it under another name beside it, and
 * a rename publishes it, so that a half-built thing is never taken for a whole one. The caller holds the lock.
 */
export async function publish(path: string, build: (partial: string) => Promise<void>): Promise<void> {
  if (existsSync(path)) return;
  const partial = `${path}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(dirname(path), { recursive: true });
  await build(partial);
  await rename(partial, path);
}

/**
 * Runs `action` while no other process runs one under the same lock file, waiting for its turn.
 * The lock is held by flock(1) under a pipe from this process: however this process ends, the kernel closes
 * the pipe and the lock is free, so there is no stale lock to clear.
 */
export async function withLock<T>(lockFile: string, log: Log, action: () => Promise<T>): Promise<T> {
  await mkdir(dirname(lockFile), { recursive: true });
  const holder = spawn('flock', ['--exclusive', lockFile, 'sh', '-c', 'echo held; exec cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(holder, 'exit');
  const notice = setTimeout(() => log('waiting for another run that builds the same programs'), 1000);
  try {
    await Promise.race([
      once(holder.stdout, 'data'),
      exited.then(() => Promise.reject(new Error('flock ended without taking the lock'))),
    ]);
  } finally {
    clearTimeout(notice);
  }
  try {
    return await action();
  } finally {
    holder.stdin.end();
    await exited;
  }
}
