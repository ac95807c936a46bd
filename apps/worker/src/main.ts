/** `npm run worker`: the production process, configured by the environment. */
import { SettingsError } from '@netplane/domain';
import { readWorkerSettings } from './config.ts';
import { startWorker } from './server.ts';

try {
  const worker = await startWorker(readWorkerSettings(process.env));
  const stop = () => void worker.stop();
  void worker.done.then(() => process.exit());
  process.once('SIGINT', stop).once('SIGTERM', stop);
  // started by the sandbox: end with it, however it ends
  process.once('disconnect', stop);
  process.send?.({ type: 'ready', adminUrl: worker.adminUrl });
} catch (error) {
  console.error(error instanceof SettingsError ? error.message : error);
  process.exit(1);
}
