/**
 * The simulator as a process of its own:
 *
 *   node packages/k8s-adapter/src/simulator/main.ts [--port 0] [--host 127.0.0.1] [--directory DIR]
 *     [--kubeconfig FILE] [--controller-delay-ms 20]
 *
 * Prints `{"url": …}` as one line when it serves; SIGTERM and SIGINT end it.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startSimulator } from './start-simulator.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    host: { type: 'string', default: '127.0.0.1' },
    directory: { type: 'string' },
    kubeconfig: { type: 'string' },
    'controller-delay-ms': { type: 'string', default: '20' },
  },
});

const running = await startSimulator({
  port: Number(values.port),
  host: values.host,
  controllerDelayMs: Number(values['controller-delay-ms']),
  ...(values.directory === undefined ? {} : { directory: values.directory }),
  log: (message) => process.stderr.write(`${message}\n`),
});
if (values.kubeconfig !== undefined) {
  writeFileSync(values.kubeconfig, running.kubeconfig, { mode: 0o600 });
}
process.stdout.write(`${JSON.stringify({ url: running.url })}\n`);

const stop = (): void => {
  running.stop().then(
    () => process.exit(0),
    (error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
      process.exit(1);
    },
  );
};
process.send?.({ type: 'ready', url: running.url });
// started by the sandbox: end with it, however it ends
process.once('disconnect', stop);
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
