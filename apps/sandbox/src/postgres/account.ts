/**
 * PostgreSQL refuses to run as root. Started as root, the sandbox runs it as a system user of its own, in a folder
 * that this user can reach: the checkout itself, or `/var/lib/netplane-sandbox` where that lies under a closed home.
 */
import { execFile } from 'node:child_process';
import { chown, mkdir } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

const SYSTEM_USER = 'netplane-postgres';

/** Who runs PostgreSQL; `undefined` is the account of this process. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** @throws Error when the user cannot be made */
export async function ensureAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const known = await lookUp();
  if (known !== undefined) return known;
  await run('useradd', [
    '--system',
    '--user-group',
    '--no-create-home',
    '--shell',
    '/usr/sbin/nologin',
    SYSTEM_USER,
  ]);
  const made = await lookUp();
  if (made === undefined) throw new Error(`The system user ${SYSTEM_USER} could not be made.`);
  return made;
}

async function lookUp(): Promise<Account | undefined> {
  const output = await run('id', ['-u', SYSTEM_USER]).catch(() => undefined);
  const group = await run('id', ['-g', SYSTEM_USER]).catch(() => undefined);
  if (output === undefined || group === undefined) return undefined;
  return { uid: Number(output.stdout.trim()), gid: Number(group.stdout.trim()) };
}

/** Whether that account can enter the folder (every folder above it included). */
export async function canReach(account: Account | undefined, directory: string): Promise<boolean> {
  if (account === undefined) return true;
  return run('test', ['-x', directory], account).then(
    () => true,
    () => false,
  );
}

/** Makes the folder and gives it to the account. */
export async function makeOwnDirectory(account: Account | undefined, directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o755 });
  if (account !== undefined) await chown(directory, account.uid, account.gid);
}
