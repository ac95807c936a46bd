/** The builders of every provisioned kind, for the worker's one reconcile path and for the checks of the role. */
import type { ProvisionedKind } from '@netplane/domain';
import type { KubeType } from './client/kube-object.ts';
import { type KubeKind, kubeTypes } from './manifest/kube-types.ts';

/** What the worker's cluster role must allow, by Kubernetes kind: `deploy/kubernetes` is held to it by a test. */
export const verbsByKind = {
  Namespace: ['get', 'list', 'watch', 'create', 'patch', 'delete'],
  ConfigMap: ['get', 'create', 'patch'],
  Node: ['list'],
  ServiceCIDR: ['list'],
  SelfSubjectReview: ['create'],
  ValidatingAdmissionPolicy: ['get', 'create', 'patch', 'delete'],
  ValidatingAdmissionPolicyBinding: ['get', 'create', 'patch', 'delete'],
  ProviderNetwork: ['get', 'list', 'watch', 'create', 'patch', 'delete'],
  Vlan: ['get', 'list', 'watch', 'create', 'patch', 'delete'],
  Vpc: ['get', 'list', 'watch', 'create', 'patch', 'delete'],
  Subnet: ['get', 'list', 'watch', 'create', 'patch', 'delete'],
  IP: ['list'],
  Vip: ['list'],
  OvnEip: ['get', 'list', 'watch', 'create', 'patch', 'delete'],
  OvnSnatRule: ['get', 'list', 'watch', 'create', 'patch', 'delete'],
  IptablesEIP: ['list'],
} as const satisfies Record<KubeKind, readonly string[]>;

/** Kinds whose changes wake the worker. */
export const watchedKinds = [
  'Namespace',
  'ProviderNetwork',
  'Vlan',
  'Vpc',
  'Subnet',
  'OvnEip',
  'OvnSnatRule',
] as const satisfies readonly KubeKind[];

/** Kubernetes kinds that each kind's builder makes. */
export const kindsByBuilder = {
  cluster: ['ProviderNetwork', 'ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding'],
  'external-network': ['Vlan', 'Subnet'],
  'ip-range': [],
  project: ['OvnEip', 'Vpc', 'Subnet', 'Namespace', 'OvnSnatRule'],
  eip: ['OvnEip'],
} as const satisfies Record<ProvisionedKind, readonly KubeKind[]>;

/** Kinds whose spec the cluster ignores after the first look: they are made anew, never applied. */
const createOnceKinds: ReadonlySet<string> = new Set<KubeKind>(['OvnEip', 'OvnSnatRule']);

/** What is known of a recorded object's kind. @throws TypeError for a kind that Netplane does not touch */
export function registeredType(
  apiVersion: string,
  kind: string,
): KubeType & { readonly createOnce: boolean } {
  const type: KubeType | undefined = Object.values(kubeTypes).find(
    (candidate) => candidate.apiVersion === apiVersion && candidate.kind === kind,
  );
  if (type === undefined) throw new TypeError(`unknown kind ${apiVersion} ${kind}`);
  return { ...type, createOnce: createOnceKinds.has(kind) };
}
