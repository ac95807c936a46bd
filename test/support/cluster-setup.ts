/**
 * Once per run of the cluster suite: a real control plane, Netplane's own objects of `deploy/kubernetes` on it, and API
 * and worker as processes of their own. The worker has exactly the token of its ServiceAccount.
 */
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import type { ControlPlaneHandle } from '../cluster/control-plane/attach.ts';
import { startControlPlane } from '../cluster/control-plane/start.ts';
import { createOperator, OPERATORS_GROUP } from './cluster-operator.ts';
import { makeDemo } from './demo.ts';
import { type Stack, startStack } from './stack.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    readonly controlPlane: ControlPlaneHandle;
    /** Of the operator, whom the admission policies let through. */
    readonly operatorKubeconfigPath: string;
    readonly apiUrl: string;
    /** Superuser of Netplane's database. */
    readonly databaseUrl: string;
    readonly workerLogPath: string;
  }
}

const kustomization = fileURLToPath(new URL('../../deploy/kubernetes', import.meta.url));
const worker = { namespace: 'netplane', name: 'netplane-worker' } as const;
const RANGES_TIMEOUT_SECONDS = 30;

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const log = (line: string) => console.log(`control plane: ${line}`);
  const controlPlane = await startControlPlane({ log });
  let stack: Stack | undefined;
  const stop = async () => {
    await stack?.stop();
    await controlPlane.stop();
  };
  try {
    await controlPlane.kubectl(['apply', '--kustomize', kustomization]);
    const operatorKubeconfigPath = await createOperator(controlPlane);
    stack = await startStack({
      kubeconfigPath: await controlPlane.serviceAccountKubeconfig(worker.namespace, worker.name),
      worker: {
        KUBE_OVN_USERS: 'kube-ovn-controller',
        GUARD_EXEMPT_GROUPS: OPERATORS_GROUP,
        QUARANTINE_SECONDS: '30',
      },
    });
    await makeDemo(stack, RANGES_TIMEOUT_SECONDS);
    project.provide('controlPlane', controlPlane.handle);
    project.provide('operatorKubeconfigPath', operatorKubeconfigPath);
    project.provide('apiUrl', stack.apiUrl);
    project.provide('tokens', stack.tokens);
    project.provide('databaseUrl', stack.database.superuserUrl);
    project.provide('workerLogPath', stack.workerLogPath(0));
    return stop;
  } catch (error) {
    await stop();
    throw error;
  }
}
