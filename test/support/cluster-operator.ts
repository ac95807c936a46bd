import type { ControlPlane } from '../cluster/control-plane/start.ts';

const operator = { namespace: 'operators', name: 'operator' } as const;

/** Whom the admission policies let through. */
export const OPERATORS_GROUP = `system:serviceaccounts:${operator.namespace}`;

/**
 * The harness's own administrator is refused by the admission policies like anybody else.
 * @returns path of the operator's kubeconfig
 */
export async function createOperator({ kubectl, serviceAccountKubeconfig }: ControlPlane): Promise<string> {
  const { namespace, name } = operator;
  await kubectl(['create', 'namespace', namespace]);
  await kubectl(['create', 'serviceaccount', name, `--namespace=${namespace}`]);
  const binding = ['create', 'clusterrolebinding', 'operator', '--clusterrole=cluster-admin'];
  await kubectl([...binding, `--serviceaccount=${namespace}:${name}`]);
  return serviceAccountKubeconfig(namespace, name);
}
