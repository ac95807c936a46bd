/** `npm run worker`: the production process, configured by the environment. */
import { SettingsError } from '@netplane/domain';
import { readWorkerSettings } from './config.ts';
import { startWorker } from './server.ts';

/** Below the grace period of the pod, which ends it without a word. */
const STOP_TIMEOUT_MS = 20_000;

// before the start: asked to end while it starts, it ends as soon as it has started
const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
process.once('SIGINT', () => ask()).once('SIGTERM', () => ask());
// started by the sandbox: end with it, however it ends
process.once('disconnect', () => ask());
if (process.connected === false) ask();
void asked.then(() => setTimeout(giveUp, STOP_TIMEOUT_MS));

try {
  const worker = await startWorker(readWorkerSettings(process.env));
  if (process.connected) process.send?.({ type: 'ready', adminUrl: worker.adminUrl });
  await Promise.race([asked.then(() => worker.stop()), worker.done]);
  process.exit();
} catch (error) {
  console.error(error instanceof SettingsError ? error.message : error);
  process.exit(1);
}

/** What is still under way waits for something that does not answer, such as the database. */
function giveUp(): void {
  console.error(
    `the worker has not ended ${STOP_TIMEOUT_MS / 1_000} s after it was asked to: it is cut short`,
  );
  process.exit(1);
}
