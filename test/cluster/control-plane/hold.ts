/**
 * Starts a control plane, writes its place to standard output as one line of JSON, and holds it until it is
 * interrupted: for looking around by hand, and for the smoke test, which kills it.
 */
import { startControlPlane } from './start.ts';

const controlPlane = await startControlPlane({ log: (line) => console.error(line) });
const { adminKubeconfigPath, apiServerUrl, stateDirectory } = controlPlane;
console.log(JSON.stringify({ adminKubeconfigPath, apiServerUrl, stateDirectory }));
const alive = setInterval(() => {}, 60_000);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    clearInterval(alive);
    void controlPlane.stop();
  });
}
