/** The sandbox's own PostgreSQL: in `.netplane`, or where a system user can reach it when the sandbox runs as root. */
import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SandboxState } from '../state.ts';
import { type Account, canReach, ensureAccount, makeOwnDirectory } from './account.ts';
import { ensureBinaries } from './binaries.ts';
import { type PostgresOptions, type PostgresServer, startPostgres } from './server.ts';

const ELSEWHERE = '/var/lib/netplane-sandbox';

/** @param directory `.netplane` of the checkout */
export async function startEmbedded(
  directory: string,
  state: Pick<SandboxState, 'token' | 'passwords'>,
  options: Pick<PostgresOptions, 'port' | 'onLog' | 'signal'>,
): Promise<PostgresServer> {
  const account = await ensureAccount();
  const home = await homeOf(directory, account, state.token);
  const binaries = await ensureBinaries(home);
  options.signal?.throwIfAborted();
  return startPostgres({
    ...options,
    binaries,
    dataDirectory: join(home, 'data'),
    account,
    password: state.passwords.superuser,
  });
}

async function homeOf(directory: string, account: Account | undefined, token: string): Promise<string> {
  const inside = join(directory, 'postgres');
  await makeOwnDirectory(account, inside);
  if (await canReach(account, inside)) return inside;
  const checkout = createHash('sha256').update(directory).digest('hex').slice(0, 16);
  const outside = join(ELSEWHERE, checkout);
  // after a factory reset of the checkout the token differs: what lies here belonged to the sandbox before
  const owner = await readFile(join(outside, 'token'), 'utf8').catch(() => undefined);
  if (owner !== undefined && owner !== token) await rm(outside, { recursive: true, force: true });
  await makeOwnDirectory(undefined, ELSEWHERE);
  await makeOwnDirectory(account, outside);
  await writeFile(join(outside, 'token'), token);
  return outside;
}
