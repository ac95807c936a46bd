/** Tenants with rights of their own on the cluster, and the admission policies that keep them in their networks. */
import { randomUUID } from 'node:crypto';
import type { Kubectl } from '../control-plane/kubectl.ts';
import { waitFor } from '../control-plane/wait.ts';
import { CLUSTER_LIMIT_MS } from './kube.ts';
import { podObject } from './pods.ts';
import type { Stage } from './stage.ts';

/** What the policies answer. */
export const REFUSAL = /ValidatingAdmissionPolicy 'netplane-guard-/;

const ours = '--selector=netplane.io/kind=cluster';
const kinds = 'validatingadmissionpolicybindings,validatingadmissionpolicies';

/** kubectl of somebody who may do everything to pods and services of the namespace, and to Kube-OVN's objects. */
export async function createTenant({ kubectl }: Stage, namespace: string): Promise<Kubectl> {
  const name = `mallory-${namespace}`;
  const resources = 'pods,pods/status,pods/binding,services,services/status,endpointslices.discovery.k8s.io';
  const inNamespace = `--namespace=${namespace}`;
  await kubectl(['create', 'role', name, inNamespace, '--verb=*', `--resource=${resources}`]);
  await kubectl(['create', 'rolebinding', name, inNamespace, `--role=${name}`, `--user=${name}`]);
  return (args, input) => kubectl([`--as=${name}`, ...args], input);
}

/** As on a cluster where nobody has applied them yet. */
export async function removeGuard(stage: Stage, probe: () => Promise<unknown>): Promise<void> {
  await stage.kubectl(['delete', kinds, ours]);
  await waitFor('the end of the guard', { timeoutMs: CLUSTER_LIMIT_MS }, async () => {
    await probe();
    return true;
  });
}

/** Makes the worker look at the cluster again, which finds them missing. */
export async function applyGuard(stage: Stage, probe: () => Promise<unknown>): Promise<void> {
  const { items } = await stage.must<{ items: readonly { id: string }[] }>('GET', '/v1/clusters?name=local');
  const body = { labels: { guard: randomUUID() } };
  await stage.must('PATCH', `/v1/clusters/${items[0]?.id}`, { body });
  await waitFor('the guard', { timeoutMs: CLUSTER_LIMIT_MS }, () =>
    refusalOf(probe()).catch(() => undefined),
  );
}

/** What the API server says to a request. @throws Error when it lets it pass */
export async function refusalOf(request: Promise<unknown>): Promise<string> {
  const refusal = await request.then(
    () => undefined,
    (error: unknown) => String(error),
  );
  if (refusal === undefined) throw new Error('the request was let through');
  return refusal;
}

/** Asks whether a pod with these annotations would be taken; nothing is created. */
export function dryRunPod(
  kubectl: Kubectl,
  namespace: string,
  annotations: Readonly<Record<string, string>>,
): Promise<string> {
  const pod = podObject({ namespace, name: 'probe', annotations });
  return kubectl(['create', '--dry-run=server', '--filename=-'], JSON.stringify(pod));
}
