/** A real kube-apiserver with kube-ovn-controller and OVN, and Netplane's own objects of `deploy/kubernetes` on it. */

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { createKubeClient } from '@netplane/k8s-adapter';
import { type ControlPlane, startControlPlane } from '../../cluster/control-plane/start.ts';
import { createOperator, OPERATORS_GROUP } from '../../support/cluster-operator.ts';
import type { ChaosCluster } from './cluster.ts';

const kustomization = fileURLToPath(new URL('../../../deploy/kubernetes', import.meta.url));
const worker = { namespace: 'netplane', name: 'netplane-worker' } as const;
/** Whoever else works on the cluster: the admission policies let him through. */

export async function startRealCluster(): Promise<ChaosCluster> {
  const controlPlane = await startControlPlane({ log: (line) => console.log(`control plane: ${line}`) });
  try {
    return await prepare(controlPlane);
  } catch (error) {
    await controlPlane.stop();
    throw error;
  }
}

async function prepare(controlPlane: ControlPlane): Promise<ChaosCluster> {
  const { kubectl, kubeOvnController } = controlPlane;
  await kubectl(['apply', '--kustomize', kustomization]);
  const { server, ca, token } = await readKubeconfig(
    await controlPlane.serviceAccountKubeconfig(worker.namespace, worker.name),
  );
  const stranger = createKubeClient({ kubeconfigPath: await createOperator(controlPlane) });
  return {
    type: 'cluster',
    address: { url: server, ca },
    token,
    workerEnvironment: {
      KUBE_OVN_USERS: 'kube-ovn-controller',
      GUARD_EXEMPT_GROUPS: OPERATORS_GROUP,
    },
    stranger,
    stopControllers: () => kubeOvnController.stop(),
    startControllers: () => kubeOvnController.start(),
    async stop() {
      stranger.close();
      await controlPlane.stop();
    },
  };
}

interface Kubeconfig {
  readonly clusters: readonly {
    readonly cluster: { readonly server: string; readonly 'certificate-authority-data': string };
  }[];
  readonly users: readonly { readonly user: { readonly token: string } }[];
}

async function readKubeconfig(path: string) {
  const { clusters, users } = JSON.parse(await readFile(path, 'utf8')) as Kubeconfig; // written by the control plane
  const [cluster] = clusters;
  const [user] = users;
  if (cluster === undefined || user === undefined) throw new Error(`${path} names no cluster`);
  const ca = Buffer.from(cluster.cluster['certificate-authority-data'], 'base64').toString('utf8');
  return { server: cluster.cluster.server, ca, token: user.user.token };
}
