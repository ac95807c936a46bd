import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const prefix = 'netplane-cluster-';
const keepMarker = 'kept';

/**
 * Makes the temporary directory that holds all state of one control plane, with its `logs` directory, and
 * removes those that earlier runs of processes now dead left behind (a test killed with SIGKILL).
 */
export async function createStateDirectory(keep: boolean): Promise<string> {
  await removeAbandoned();
  const directory = await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`));
  await mkdir(join(directory, 'logs'));
  if (keep) await writeFile(join(directory, keepMarker), '');
  return directory;
}

async function removeAbandoned(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const owner = name.startsWith(prefix) ? /^(\d+)-/.exec(name.slice(prefix.length))?.[1] : undefined;
    if (owner === undefined || existsSync(`/proc/${owner}`)) continue;
    if (existsSync(join(tmpdir(), name, keepMarker))) continue;
    await rm(join(tmpdir(), name), { recursive: true, force: true });
  }
}
