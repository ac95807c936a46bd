/** A throw-away PostgreSQL: the sandbox's own, without waiting for disks. */
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureDatabase, migrate } from '@netplane/db';
import { choosePorts } from '../../apps/sandbox/src/ports.ts';
import { ensureAccount, makeOwnDirectory } from '../../apps/sandbox/src/postgres/account.ts';
import { ensureBinaries } from '../../apps/sandbox/src/postgres/binaries.ts';
import { type PostgresServer, startPostgres } from '../../apps/sandbox/src/postgres/server.ts';

export const TEMPLATE = 'netplane_template';
export const passwords = { owner: 'owner', api: 'api', worker: 'worker' } as const;

const settings = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  shared_buffers: '256MB',
};

/** @param directory where it may keep everything; removed by its caller */
export async function startTestPostgres(
  directory: string,
  extraSettings: Readonly<Record<string, string>> = settings,
): Promise<PostgresServer> {
  await chmod(directory, 0o755);
  const account = await ensureAccount();
  const home = join(directory, 'postgres');
  await makeOwnDirectory(account, home);
  const { postgres: port = 0 } = await choosePorts(['postgres'], {});
  const server = await startPostgres({
    binaries: await ensureBinaries(home),
    dataDirectory: join(home, 'data'),
    account,
    port,
    password: 'postgres',
    settings: extraSettings,
  });
  await createTemplate(server.url);
  return server;
}

async function createTemplate(url: string): Promise<void> {
  await migrate({ url: await ensureDatabase(url, TEMPLATE), passwords });
}
