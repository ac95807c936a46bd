import type { KubeType } from '../client/kube-object.ts';

/** Every kind that the worker reads or writes; the cluster role in `deploy/kubernetes` is held to this list. */
export const kubeTypes = {
  Namespace: { apiVersion: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false },
  ConfigMap: { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true },
  Node: { apiVersion: 'v1', kind: 'Node', plural: 'nodes', namespaced: false },
  ServiceCIDR: {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'ServiceCIDR',
    plural: 'servicecidrs',
    namespaced: false,
  },
  SelfSubjectReview: {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'SelfSubjectReview',
    plural: 'selfsubjectreviews',
    namespaced: false,
  },
  ValidatingAdmissionPolicy: {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicy',
    plural: 'validatingadmissionpolicies',
    namespaced: false,
  },
  ValidatingAdmissionPolicyBinding: {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicyBinding',
    plural: 'validatingadmissionpolicybindings',
    namespaced: false,
  },
  ProviderNetwork: {
    apiVersion: 'kubeovn.io/v1',
    kind: 'ProviderNetwork',
    plural: 'provider-networks',
    namespaced: false,
  },
  Vlan: { apiVersion: 'kubeovn.io/v1', kind: 'Vlan', plural: 'vlans', namespaced: false },
  Vpc: { apiVersion: 'kubeovn.io/v1', kind: 'Vpc', plural: 'vpcs', namespaced: false },
  Subnet: { apiVersion: 'kubeovn.io/v1', kind: 'Subnet', plural: 'subnets', namespaced: false },
  IP: { apiVersion: 'kubeovn.io/v1', kind: 'IP', plural: 'ips', namespaced: false },
  Vip: { apiVersion: 'kubeovn.io/v1', kind: 'Vip', plural: 'vips', namespaced: false },
  OvnEip: { apiVersion: 'kubeovn.io/v1', kind: 'OvnEip', plural: 'ovn-eips', namespaced: false },
  OvnSnatRule: {
    apiVersion: 'kubeovn.io/v1',
    kind: 'OvnSnatRule',
    plural: 'ovn-snat-rules',
    namespaced: false,
  },
  IptablesEIP: {
    apiVersion: 'kubeovn.io/v1',
    kind: 'IptablesEIP',
    plural: 'iptables-eips',
    namespaced: false,
  },
} as const satisfies Record<string, KubeType>;

export type KubeKind = keyof typeof kubeTypes;
