/** One PostgreSQL server on loopback: made at first start, stopped with its owner. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Account } from './account.ts';
import { fileExists } from './files.ts';

export interface PostgresOptions {
  /** Folder of the programs. */
  readonly binaries: string;
  /** Data folder, writable by the account. */
  readonly dataDirectory: string;
  readonly account: Account | undefined;
  readonly port: number;
  /** Password of the superuser `postgres`, set when the data folder is made. */
  readonly password: string;
  /** Extra settings, e.g. `{ fsync: 'off' }` for tests. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly onLog?: (line: string) => void;
  /** Ends the start; once it is ready, `stop` does. */
  readonly signal?: AbortSignal;
}

export interface PostgresServer {
  readonly pid: number;
  /** URL of the superuser, to the database `postgres`. */
  readonly url: string;
  /** Resolves when the server process ends by itself or by `stop`. */
  readonly exited: Promise<void>;
  /** Fast shutdown: open transactions are rolled back. */
  stop(): Promise<void>;
}

const READY = 'database system is ready to accept connections';
const START_TIMEOUT_MS = 30_000;

/** @throws Error with PostgreSQL's last words when it does not come up, or the signal's reason; it has ended then */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  if (!(await fileExists(join(options.dataDirectory, 'PG_VERSION')))) await initialise(options);
  await stopLeftover(options.dataDirectory);
  options.signal?.throwIfAborted();
  const child = spawn(join(options.binaries, 'postgres'), serverArguments(options), {
    ...options.account,
    cwd: '/',
    // a group of its own: Ctrl-C would end it before those who use it
    detached: true,
    env: { ...process.env, LC_ALL: 'C' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve()); // it was never there
  });
  async function stop(): Promise<void> {
    child.kill('SIGINT');
    await exited;
  }
  await waitUntilReady(child, options).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return {
    pid: child.pid ?? 0,
    url: `postgresql://postgres:${options.password}@127.0.0.1:${options.port}/postgres`,
    exited,
    stop,
  };
}

function serverArguments(options: PostgresOptions): string[] {
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(options.port),
    unix_socket_directories: '',
    max_connections: '200',
    ...options.settings,
  };
  return [
    '-D',
    options.dataDirectory,
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
}

/** Under another name until it is whole: a start that is cut short leaves nothing that looks like a data folder. */
async function initialise(options: PostgresOptions): Promise<void> {
  const unfinished = `${options.dataDirectory}.new`;
  const passwordFile = join(options.dataDirectory, '..', 'initdb-password');
  await writeFile(passwordFile, `${options.password}\n`, { mode: 0o600 });
  if (options.account !== undefined) await chown(passwordFile, options.account.uid, options.account.gid);
  await rm(unfinished, { recursive: true, force: true });
  const child = spawn(
    join(options.binaries, 'initdb'),
    [
      ...['--pgdata', unfinished, '--username', 'postgres', '--pwfile', passwordFile],
      ...['--auth', 'scram-sha-256', '--encoding', 'UTF8', '--locale', 'C'],
    ],
    { ...options.account, cwd: '/', detached: true, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const words = collect(child);
  const abort = () => child.kill();
  options.signal?.addEventListener('abort', abort, { once: true });
  const [code] = (await once(child, 'exit')) as [number | null];
  options.signal?.removeEventListener('abort', abort);
  await rm(passwordFile, { force: true });
  options.signal?.throwIfAborted();
  if (code !== 0) throw new Error(`initdb failed (${code}): ${words()}`);
  await rm(options.dataDirectory, { recursive: true, force: true });
  await rename(unfinished, options.dataDirectory);
}

/** A server of the same data folder that outlived its owner (SIGKILL) is ended first: its data are safe. */
async function stopLeftover(dataDirectory: string): Promise<void> {
  const file = join(dataDirectory, 'postmaster.pid');
  const [pidLine = '', directoryLine = ''] = (await readFile(file, 'utf8').catch(() => '')).split('\n');
  const pid = Number(pidLine);
  if (!Number.isInteger(pid) || pid <= 1 || directoryLine !== dataDirectory) return;
  if (!(await isPostgres(pid))) return;
  process.kill(pid, 'SIGINT');
  for (let waited = 0; waited < START_TIMEOUT_MS && (await fileExists(file)); waited += 50) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Process ids are reused: only a process that says it is postgres is ended. Without /proc nothing is. */
async function isPostgres(pid: number): Promise<boolean> {
  const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
  return name.trim() === 'postgres';
}

async function waitUntilReady(child: ChildProcess, options: PostgresOptions): Promise<void> {
  const words = collect(child, options.onLog);
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
  child.stderr?.on('data', (chunk: Buffer) => {
    if (chunk.toString().includes(READY)) resolve();
  });
  const abort = () => reject(options.signal?.reason);
  options.signal?.addEventListener('abort', abort, { once: true });
  child.once('error', reject);
  child.once('exit', (code) => reject(new Error(`PostgreSQL ended (${code}) at start: ${words()}`)));
  const timer = setTimeout(
    () => reject(new Error(`PostgreSQL is not ready after ${START_TIMEOUT_MS} ms: ${words()}`)),
    START_TIMEOUT_MS,
  );
  await ready.finally(() => {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', abort);
  });
}

function collect(child: ChildProcess, onLog?: (line: string) => void): () => string {
  let tail = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    tail = (tail + chunk.toString()).slice(-4_000);
    onLog?.(chunk.toString().trimEnd());
  });
  return () => tail.trim();
}
