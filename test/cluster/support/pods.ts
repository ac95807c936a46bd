/** Pods without a kubelet: Kube-OVN gives them an address and a port as soon as they have a node. */
import { networkPlan } from '../control-plane/network-plan.ts';
import { waitFor } from '../control-plane/wait.ts';
import { CLUSTER_LIMIT_MS, createObject, getObject, type KubeObject } from './kube.ts';
import type { Stage } from './stage.ts';

export interface NewPod {
  readonly namespace: string;
  readonly name: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface PodObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: NewPod;
  readonly spec: Readonly<Record<string, unknown>>;
}

/** A pod as Kube-OVN has placed it. */
export interface PlacedPod {
  readonly namespace: string;
  readonly name: string;
  /** Its port in OVN. */
  readonly port: string;
  readonly subnet: string;
  readonly address: string;
  readonly mac: string;
}

export function podObject({ namespace, name, annotations = {} }: NewPod): PodObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name, annotations },
    spec: {
      nodeName: networkPlan.gatewayNode,
      // without grace, nobody waits for a kubelet that lets go of it
      terminationGracePeriodSeconds: 0,
      containers: [{ name: 'web', image: 'none' }],
    },
  };
}

export async function createPod(stage: Stage, pod: NewPod): Promise<PlacedPod> {
  await untilServiceAccount(stage, pod.namespace);
  await createObject(stage, podObject(pod));
  return untilPlaced(stage, pod);
}

/** A namespace takes pods once its ServiceAccount `default` is there. */
async function untilServiceAccount({ kubectl }: Stage, namespace: string): Promise<void> {
  const get = ['get', 'serviceaccount', 'default', `--namespace=${namespace}`];
  await waitFor(`a ServiceAccount in ${namespace}`, { timeoutMs: CLUSTER_LIMIT_MS }, () => kubectl(get));
}

export async function untilPlaced(
  stage: Stage,
  { namespace, name }: Pick<NewPod, 'namespace' | 'name'>,
): Promise<PlacedPod> {
  return waitFor(`pod ${namespace}/${name}`, { timeoutMs: CLUSTER_LIMIT_MS }, async () =>
    placeOf(await getObject(stage, 'pod', name, `--namespace=${namespace}`)),
  );
}

/** `undefined` until Kube-OVN has given it an address. */
function placeOf({ metadata }: KubeObject): PlacedPod | undefined {
  const { name, namespace = '', annotations = {} } = metadata;
  const read = (key: string) => annotations[`ovn.kubernetes.io/${key}`] ?? '';
  if (read('allocated') !== 'true') return undefined;
  return {
    ...{ name, namespace, port: `${name}.${namespace}` },
    ...{ subnet: read('logical_switch'), address: read('ip_address'), mac: read('mac_address') },
  };
}
