/** `npm run api`: the production process, configured by the environment. */
import { readFile } from 'node:fs/promises';
import { SettingsError } from '@netplane/domain';
import { readApiSettings } from './config.ts';
import { startApi } from './server.ts';

try {
  const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  }; // our own file
  const api = await startApi(readApiSettings(process.env), version);
  const stop = () => void api.stop().then(() => process.exit(0));
  process.once('SIGINT', stop).once('SIGTERM', stop);
  // started by the sandbox: end with it, however it ends
  process.once('disconnect', stop);
  process.send?.({ type: 'ready', url: api.url, adminUrl: api.adminUrl });
} catch (error) {
  console.error(error instanceof SettingsError ? error.message : error);
  process.exit(1);
}
