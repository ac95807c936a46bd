import { createKubeClient } from '../../../packages/k8s-adapter/src/client/client-node.ts';
import { createInProcessClient } from '../../../packages/k8s-adapter/src/simulator/in-process-client.ts';
import { createSimulator } from '../../../packages/k8s-adapter/src/simulator/simulator.ts';
import { startSimulator } from '../../../packages/k8s-adapter/src/simulator/start-simulator.ts';
import { describeKubeClientContract } from '../../support/kube-client-contract.ts';

describeKubeClientContract('simulator in-process', async () => {
  const simulator = createSimulator({ controllerDelayMs: 1, retryMinMs: 5, retryMaxMs: 100 });
  await simulator.knobs.settled();
  return {
    client: createInProcessClient(simulator),
    patienceMs: 10_000,
    close: async () => simulator.close(),
  };
});

describeKubeClientContract('simulator over HTTP', async () => {
  const running = await startSimulator({ controllerDelayMs: 1, retryMinMs: 5, retryMaxMs: 100 });
  const client = createKubeClient({ kubeconfig: running.kubeconfig });
  return {
    client,
    patienceMs: 10_000,
    close: async () => {
      client.close();
      await running.stop();
    },
  };
});
