/** What belongs to a cluster as a whole: provider networks that external networks share, and the guard. */
import type { ClusterId } from '@netplane/domain';
import type { KubeObject } from '../client/kube-object.ts';
import type { DesiredObject, Situation, Slot } from '../engine/desired.ts';
import { ensure } from '../engine/desired.ts';
import type { ProviderNetworkSpec } from '../manifest/generated/kube-ovn.ts';
import { kubeTypes } from '../manifest/kube-types.ts';
import { type Owner, ownerLabels } from '../manifest/labels.ts';
import { type GuardValues, guardBinding, guardPolicy, guards } from './cluster-guard.manifests.ts';

export const CLUSTER_BUILDER_VERSION = 1;

export interface ClusterValues {
  readonly installation: string;
  readonly id: ClusterId;
  readonly isDeleting: boolean;
  /** Names that external networks ask for, each once. */
  readonly providerNetworks: readonly string[];
  /** Interface of a provider network that has to be made. */
  readonly providerInterface: string;
  /** `null` where the cluster knows no admission policies or the worker may not write them. */
  readonly guard: GuardValues | null;
}

export function clusterOwner({ installation, id }: Pick<ClusterValues, 'installation' | 'id'>): Owner {
  return { installation, kind: 'cluster', id, organizationId: null, projectId: null };
}

export function providerNetworkSlot(name: string): string {
  return `provider-network/${name}`;
}

export function clusterSlots(values: ClusterValues): readonly Slot[] {
  const cluster = { namespace: null, createOnce: false };
  return [
    ...values.providerNetworks.map((name) => ({
      slot: providerNetworkSlot(name),
      type: kubeTypes.ProviderNetwork,
      baseName: name,
      lookFirst: true,
      ...cluster,
    })),
    ...guards.flatMap(({ name }) => [
      { slot: `policy/${name}`, type: kubeTypes.ValidatingAdmissionPolicy, baseName: name, ...cluster },
      {
        slot: `binding/${name}`,
        type: kubeTypes.ValidatingAdmissionPolicyBinding,
        baseName: name,
        ...cluster,
      },
    ]),
  ];
}

export function buildCluster(values: ClusterValues, situation: Situation): readonly DesiredObject[] {
  if (values.isDeleting) return [];
  const labels = ownerLabels(clusterOwner(values));
  const networks = values.providerNetworks.map((name): DesiredObject => {
    const slot = providerNetworkSlot(name);
    return {
      slot,
      object: providerNetwork(values, situation.nameOf(slot), labels),
      presence: 'ensure-or-adopt',
      hold: null,
    };
  });
  return [...networks, ...buildGuards(values, situation, labels)];
}

function buildGuards(
  { guard }: ClusterValues,
  { seen }: Situation,
  labels: Readonly<Record<string, string>>,
): readonly DesiredObject[] {
  return guards.flatMap((each) => {
    const policy = `policy/${each.name}`;
    const binding = `binding/${each.name}`;
    // without rights what is there stays: it is not ours to take away either
    if (guard === null) {
      return [policy, binding].flatMap((slot): DesiredObject[] => {
        const object = seen.get(slot);
        return object === undefined ? [] : [{ slot, object, presence: 'keep', hold: null }];
      });
    }
    return [ensure(policy, guardPolicy(each, guard, labels)), ensure(binding, guardBinding(each, labels))];
  });
}

function providerNetwork(
  values: ClusterValues,
  name: string,
  labels: Readonly<Record<string, string>>,
): KubeObject {
  const { apiVersion, kind } = kubeTypes.ProviderNetwork;
  const spec: ProviderNetworkSpec = { defaultInterface: values.providerInterface };
  return { apiVersion, kind, metadata: { name, labels }, spec: { ...spec } };
}
