import {
  type ClosableKubeClient,
  createKubeClient,
} from '../../packages/k8s-adapter/src/client/client-node.ts';

/** Pods, of which Netplane's own kinds know nothing. */
export const podType = { apiVersion: 'v1', kind: 'Pod', plural: 'pods', namespaced: true } as const;

/** Netplane's own client with another's rights: for where a kubectl per call would be too slow. */
export function openKubeClient(kubeconfigPath: string): ClosableKubeClient {
  return createKubeClient({ kubeconfigPath });
}
