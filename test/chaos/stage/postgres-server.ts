/** A PostgreSQL of the harness's own, which may be killed, stopped and started again on its port. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensureDatabase, logins, migrate } from '@netplane/db';
import { choosePorts } from '../../../apps/sandbox/src/ports.ts';
import { ensureAccount, makeOwnDirectory } from '../../../apps/sandbox/src/postgres/account.ts';
import { ensureBinaries } from '../../../apps/sandbox/src/postgres/binaries.ts';
import { type PostgresServer, startPostgres } from '../../../apps/sandbox/src/postgres/server.ts';
import { passwords } from '../../support/postgres.ts';

/**
 * Killing a process loses nothing that the kernel has, so disks need no waiting for; but a commit that was answered has
 * to be in the kernel's hands.
 */
const settings = { fsync: 'off', synchronous_commit: 'on', shared_buffers: '128MB', max_connections: '400' };

export interface ChaosPostgres {
  readonly port: number;
  /** SIGKILL to the server process: the next start recovers from its log. */
  kill(): Promise<void>;
  /** Fast shutdown: open transactions are rolled back. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** URLs of that database, by who logs in; the port may be another one's, such as a proxy's. */
  urlOf(login: 'superuser' | 'api' | 'worker', database: string, port?: number): string;
  /** A migrated database of that name. */
  createDatabase(name: string): Promise<void>;
}

export interface PostgresPlace {
  /** Where it may keep everything; readable by all, removed by its caller. */
  readonly directory: string;
  /** Where the data lie instead, e.g. on a disk of its own. */
  readonly dataDirectory?: string;
  readonly settings?: Readonly<Record<string, string>>;
}

export async function startChaosPostgres(place: PostgresPlace): Promise<ChaosPostgres> {
  const account = await ensureAccount();
  const home = join(place.directory, 'postgres');
  await mkdir(place.directory, { recursive: true, mode: 0o755 });
  await makeOwnDirectory(account, home);
  const { postgres: port = 0 } = await choosePorts(['postgres'], {});
  const options = {
    binaries: await ensureBinaries(home),
    dataDirectory: place.dataDirectory ?? join(home, 'data'),
    account,
    port,
    password: 'postgres',
    settings: { ...settings, ...place.settings },
  };
  const state: { server: PostgresServer; made: Promise<unknown> } = {
    server: await startPostgres(options),
    made: Promise.resolve(),
  };

  function urlOf(login: 'superuser' | 'api' | 'worker', database: string, at = port): string {
    const [user, password] = {
      superuser: ['postgres', 'postgres'],
      api: [logins.api.name, passwords.api],
      worker: [logins.worker.name, passwords.worker],
    }[login];
    return `postgresql://${user}:${password}@127.0.0.1:${at}/${database}`;
  }

  return {
    port,
    urlOf,
    async kill() {
      process.kill(state.server.pid, 'SIGKILL');
      await state.server.exited;
    },
    stop: () => state.server.stop(),
    async start() {
      state.server = await startAgain(options);
    },
    async createDatabase(name) {
      // one at a time: nobody else may look at the template while it is copied
      const making = state.made.then(() => ensureDatabase(urlOf('superuser', 'postgres'), name));
      state.made = making.catch(() => {});
      await migrate({ url: await making, passwords });
    },
  };
}

const TRIES = 40;
const BETWEEN_TRIES_MS = 250;

/** After a SIGKILL its children still hold the shared memory for a moment. */
async function startAgain(options: Parameters<typeof startPostgres>[0]): Promise<PostgresServer> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await startPostgres(options);
    } catch (error) {
      if (tries === TRIES) throw error;
      await sleep(BETWEEN_TRIES_MS);
    }
  }
}
