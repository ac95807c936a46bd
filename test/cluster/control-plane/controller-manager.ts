import type { Credentials } from './credentials.ts';
import type { Kubectl } from './kubectl.ts';
import type { RunningProgram } from './program.ts';
import type { Surroundings } from './surroundings.ts';
import { waitFor } from './wait.ts';

const timeoutMs = 60_000;
const stopGraceMs = 2_000;

/**
 * The controllers without which tests would meet another Kubernetes: namespaces that never end, owned objects
 * that stay, Services without endpoints, pods refused because their namespace has no ServiceAccount.
 */
const controllers = [
  'namespace-controller',
  'garbage-collector-controller',
  'endpointslice-controller',
  'serviceaccount-controller',
  'serviceaccount-token-controller',
] as const;

export interface ControllerManager {
  stop(): Promise<void>;
  /** Resolves when the namespace `default` has its ServiceAccount: the first sign of work at its first start. */
  start(): Promise<void>;
}

/** Prepares kube-controller-manager without starting it. */
export function createControllerManager(
  surroundings: Surroundings,
  credentials: Credentials,
  cluster: { readonly kubeconfigPath: string; readonly kubectl: Kubectl },
): ControllerManager {
  let program: RunningProgram | undefined;
  const start = async () => {
    const started = await surroundings.start({
      name: 'kube-controller-manager',
      path: surroundings.binaries['kube-controller-manager'],
      args: [
        `--kubeconfig=${cluster.kubeconfigPath}`,
        `--controllers=${controllers.join(',')}`,
        '--leader-elect=false',
        // It serves nothing, so there is no port to collide with.
        '--secure-port=0',
        `--service-account-private-key-file=${credentials.serviceAccountKeyFile}`,
      ],
    });
    program = started;
    await waitFor('kube-controller-manager', { timeoutMs, givenUp: started.death }, () =>
      cluster.kubectl(['get', 'serviceaccount', 'default', '--namespace=default']),
    );
  };
  return { start, stop: async () => program?.stop(stopGraceMs) };
}
