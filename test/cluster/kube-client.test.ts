import { inject } from 'vitest';
import { openKubeClient } from '../support/cluster-kube-client.ts';
import { describeKubeClientContract } from '../support/kube-client-contract.ts';

describeKubeClientContract('kube-apiserver with kube-ovn-controller', async () => {
  const client = openKubeClient(inject('operatorKubeconfigPath'));
  return { client, patienceMs: 60_000, close: async () => client.close() };
});
