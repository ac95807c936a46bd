/** Where the doctor looks: as the worker by its environment; without a database there, at the sandbox of this checkout. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { SettingsError } from '@netplane/domain';
import { readWorkerSettings, type WorkerSettings } from '../config.ts';

const SANDBOX = new URL('../../../../.netplane/', import.meta.url);

/** @throws SettingsError where neither is there */
export async function findSettings(environment: NodeJS.ProcessEnv): Promise<WorkerSettings> {
  if ((environment.DATABASE_URL ?? '') !== '') return readWorkerSettings(environment);
  const text = await readFile(new URL('sandbox.json', SANDBOX), 'utf8').catch(() => undefined);
  if (text === undefined) {
    throw new SettingsError(['DATABASE_URL is missing, and no sandbox of this checkout runs (npm start)']);
  }
  const { database_url: databaseUrl } = JSON.parse(text) as { database_url: string }; // written by the sandbox
  // what the shell exports is for other processes: the sandbox's worker has its defaults
  return readWorkerSettings({
    DATABASE_URL: databaseUrl,
    KUBECONFIG: fileURLToPath(new URL('kubeconfig', SANDBOX)),
  });
}
