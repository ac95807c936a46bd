/** The simulator as a process of its own. */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createKubeClient } from '@netplane/k8s-adapter';
import type { ChaosCluster } from './cluster.ts';
import { createProgram } from './process.ts';

/** Between a change and what a controller makes of it. */
const CONTROLLER_DELAY_MS = 10;

export async function startSimulatedCluster(directory: string, name: string): Promise<ChaosCluster> {
  await mkdir(directory, { recursive: true });
  const kubeconfigPath = join(directory, `${name}.kubeconfig`);
  const program = createProgram({
    script: 'packages/k8s-adapter/src/simulator/main.ts',
    arguments: ['--kubeconfig', kubeconfigPath, '--controller-delay-ms', String(CONTROLLER_DELAY_MS)],
    environment: {},
    logPath: join(directory, `${name}.log`),
  });
  await program.start();
  const { url = '' } = program.ready;
  const stranger = createKubeClient({ kubeconfig: await readFile(kubeconfigPath, 'utf8') });
  const turn = async (knob: string, body: object = {}) => {
    const response = await fetch(`${url}/simulator/${knob}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`knob ${knob}: ${response.status} ${await response.text()}`);
  };
  return {
    type: 'simulator',
    address: { url },
    token: 'simulator',
    workerEnvironment: {},
    stranger,
    stopControllers: () => turn('controllers', { running: false }),
    startControllers: () => turn('controllers', { running: true }),
    async becomeAnother() {
      await turn('lose-objects');
      await turn('change-identity');
    },
    async stop() {
      stranger.close();
      await program.stop();
    },
  };
}
