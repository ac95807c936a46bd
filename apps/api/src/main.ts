/** `npm run api`: the production process, configured by the environment. */
import { readFile } from 'node:fs/promises';
import { SettingsError } from '@netplane/domain';
import { readApiSettings } from './config.ts';
import { startApi } from './server.ts';

/** Below the grace period of the pod, which ends it without a word. */
const STOP_TIMEOUT_MS = 30_000;

// before the start: asked to end while it starts, it ends as soon as it has started
const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
process.once('SIGINT', () => ask()).once('SIGTERM', () => ask());
// started by the sandbox: end with it, however it ends
process.once('disconnect', () => ask());
if (process.connected === false) ask();
void asked.then(() => setTimeout(giveUp, STOP_TIMEOUT_MS));

try {
  const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  }; // our own file
  const api = await startApi(readApiSettings(process.env), version);
  if (process.connected) process.send?.({ type: 'ready', url: api.url, adminUrl: api.adminUrl });
  await asked;
  await api.stop();
  process.exit(0);
} catch (error) {
  console.error(error instanceof SettingsError ? error.message : error);
  process.exit(1);
}

/** What is still under way waits for something that does not answer, such as the database. */
function giveUp(): void {
  console.error(`the API has not ended ${STOP_TIMEOUT_MS / 1_000} s after it was asked to: it is cut short`);
  process.exit(1);
}
