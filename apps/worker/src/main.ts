/** `npm run worker`: the production process, configured by the environment. */
import { SettingsError } from '@netplane/domain';
import { readWorkerSettings } from './config.ts';
import { startWorker } from './server.ts';

// before the start: asked to end while it starts, it ends as soon as it has started
const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
process.once('SIGINT', () => ask()).once('SIGTERM', () => ask());
// started by the sandbox: end with it, however it ends
process.once('disconnect', () => ask());
if (process.connected === false) ask();

try {
  const worker = await startWorker(readWorkerSettings(process.env));
  if (process.connected) process.send?.({ type: 'ready', adminUrl: worker.adminUrl });
  await Promise.race([asked.then(() => worker.stop()), worker.done]);
  process.exit();
} catch (error) {
  console.error(error instanceof SettingsError ? error.message : error);
  process.exit(1);
}
