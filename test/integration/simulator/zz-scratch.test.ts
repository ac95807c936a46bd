import { createKubeClient } from '../../../packages/k8s-adapter/src/client/client-node.ts';
import { describeKubeClientContract } from '../../support/kube-client-contract.ts';

describeKubeClientContract('real', async () => {
  const client = createKubeClient({ kubeconfigPath: '/tmp/simreal/run/kubeconfig' });
  return { client, patienceMs: 30_000, close: async () => client.close() };
});
