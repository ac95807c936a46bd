/** Objects of the cluster, read and written as its operator. */
import { waitFor } from '../control-plane/wait.ts';
import type { Stage } from './stage.ts';

export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly generation?: number;
    readonly managedFields?: readonly { readonly manager: string }[];
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<Record<string, unknown>>;
}

/** Longest that anything on the cluster may take. */
export const CLUSTER_LIMIT_MS = 90_000;

/** Kinds that Netplane makes, as kubectl calls them. */
const madeKinds = [
  ...['namespaces', 'vpcs.kubeovn.io', 'subnets.kubeovn.io', 'ovn-eips.kubeovn.io'],
  'ovn-snat-rules.kubeovn.io',
].join(',');

export async function getObject(
  { kubectl }: Stage,
  resource: string,
  name: string,
  ...more: readonly string[]
): Promise<KubeObject> {
  return JSON.parse(await kubectl(['get', resource, name, '--output=json', ...more])) as KubeObject; // of the API server
}

export async function listObjects(
  { kubectl }: Stage,
  resource: string,
  ...more: readonly string[]
): Promise<readonly KubeObject[]> {
  const list = JSON.parse(await kubectl(['get', resource, '--output=json', ...more])) as {
    items: readonly KubeObject[];
  }; // of the API server
  return list.items;
}

/** Everything that carries the project's label, in no order. */
export async function objectsOfProject(stage: Stage, projectId: string): Promise<readonly KubeObject[]> {
  return listObjects(stage, madeKinds, `--selector=netplane.io/project=${projectId}`);
}

export async function createObject({ kubectl }: Stage, object: object): Promise<void> {
  await kubectl(['create', '--filename=-'], JSON.stringify(object));
}

export function kubeOvnObject(kind: string, name: string, spec: object): object {
  return { apiVersion: 'kubeovn.io/v1', kind, metadata: { name }, spec };
}

/** Deletes by name and waits until it is gone; what is gone already is fine. */
export async function deleteObject({ kubectl }: Stage, resource: string, name: string): Promise<void> {
  const limit = `--timeout=${CLUSTER_LIMIT_MS / 1_000}s`;
  await kubectl(['delete', resource, name, '--ignore-not-found', limit]);
}

/** The object once the condition holds. @throws Error when that takes too long */
export async function untilObject(
  stage: Stage,
  resource: string,
  name: string,
  isSo: (object: KubeObject) => boolean,
): Promise<KubeObject> {
  return waitFor(`${resource}/${name}`, { timeoutMs: CLUSTER_LIMIT_MS, intervalMs: 250 }, async () => {
    const object = await getObject(stage, resource, name);
    return isSo(object) ? object : undefined;
  });
}

export function subnetIsReady({ status }: KubeObject): boolean {
  const { conditions = [] } = (status ?? {}) as { conditions?: readonly { type: string; status: string }[] }; // by its CRD
  return conditions.some((condition) => condition.type === 'Ready' && condition.status === 'True');
}

/** Everything of Kube-OVN's kinds, whoever made it. */
export async function listKubeOvnObjects(stage: Stage): Promise<readonly KubeObject[]> {
  const ask = ['api-resources', '--api-group=kubeovn.io', '--verbs=list', '--output=name'];
  const resources = (await stage.kubectl(ask)).trim().split('\n');
  return listObjects(stage, resources.join(','), '--all-namespaces');
}
