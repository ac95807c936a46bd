/**
 * What keeps tenants inside their networks: a pod may name any Subnet in an annotation and Kube-OVN would follow
 * (ADR 0019), so an admission policy refuses it. Pure.
 */
import type { KubeObject } from '../client/kube-object.ts';
import { kubeTypes } from '../manifest/kube-types.ts';
import { labelKeys } from '../manifest/labels.ts';

export interface GuardValues {
  /** Users that the policy lets through: our own and Kube-OVN's. */
  readonly exemptUsers: readonly string[];
  /** Groups that the operator lets through, e.g. `system:masters`. */
  readonly exemptGroups: readonly string[];
}

/** Last parts of annotation keys that decide a pod's network, under any `*.kubernetes.io/` prefix. */
const guardedParts = [
  ...[
    'logical_switch',
    'ip_address',
    'ip_pool',
    'mac_address',
    'port_security',
    'security_groups',
    'eip',
    'snat',
  ],
  ...['vip', 'aaps', 'routes', 'north_gateway', 'allocated', 'routed', 'cidr', 'gateway', 'vpc'],
];
const multusKeys = ['k8s.v1.cni.cncf.io/networks', 'v1.multus-cni.io/default-network'];

const GUARDED_KEY = `(k.matches('^(.+[.])?kubernetes[.]io/(${guardedParts.join('|')})$') || k in ['${multusKeys.join("', '")}'])`;
const OWN_SUBNET = `(k == 'ovn.kubernetes.io/logical_switch' && variables.annotations[k] == variables.subnet)`;
const UNCHANGED = '(k in variables.before && variables.before[k] == variables.annotations[k])';

interface Guard {
  readonly name: string;
  readonly rules: readonly object[];
  readonly namespaceSelector: object;
  readonly condition?: string;
  readonly variables: readonly { readonly name: string; readonly expression: string }[];
  readonly validations: readonly { readonly expression: string; readonly message: string }[];
}

const annotationVariables = [
  { name: 'annotations', expression: 'object.metadata.?annotations.orValue({})' },
  { name: 'before', expression: 'oldObject == null ? {} : oldObject.metadata.?annotations.orValue({})' },
];

/** Annotations are also written by way of these, and a binding's become the pod's. */
const podSubresources = [
  'pods/status',
  'pods/resize',
  'pods/ephemeralcontainers',
  'pods/binding',
  'bindings',
];

const pods: Guard = {
  name: 'netplane-guard-pods',
  rules: [rule('', ['pods', ...podSubresources])],
  namespaceSelector: { matchExpressions: [{ key: labelKeys.project, operator: 'Exists' }] },
  variables: [
    ...annotationVariables,
    { name: 'subnet', expression: `namespaceObject.metadata.?labels['${labelKeys.subnet}'].orValue('')` },
  ],
  validations: [
    {
      expression: `!variables.annotations.exists(k, ${GUARDED_KEY} && !${UNCHANGED} && !${OWN_SUBNET})`,
      message: 'The network of a pod in a project namespace is set by Netplane, not by annotations.',
    },
    {
      expression: `!variables.before.exists(k, ${GUARDED_KEY} && !(k in variables.annotations))`,
      message: 'The network annotations of a pod in a project namespace may not be removed.',
    },
  ],
};

/**
 * Kube-OVN writes the addresses and endpoints of a Service into the load balancers of whatever router its annotations
 * name, under any address that they name.
 */
const services: Guard = {
  name: 'netplane-guard-services',
  rules: [rule('', ['services', 'services/status'])],
  namespaceSelector: { matchExpressions: [{ key: labelKeys.project, operator: 'Exists' }] },
  variables: annotationVariables,
  validations: [
    {
      expression: `!variables.annotations.exists(k, (k.startsWith('ovn.kubernetes.io/') || ${GUARDED_KEY}) && !${UNCHANGED})`,
      message: 'The network of a service in a project namespace is set by Netplane, not by annotations.',
    },
  ],
};

/** Labels of ours decide what is whose; Kube-OVN binds a namespace to a Subnet by annotation. */
const namespaces: Guard = {
  name: 'netplane-guard-namespaces',
  rules: [rule('', ['namespaces'])],
  namespaceSelector: {},
  condition: `[object, oldObject].exists(o, o != null && o.metadata.?labels.orValue({}).exists(k, k.startsWith('netplane.io/')))`,
  variables: [
    { name: 'labels', expression: 'object.metadata.?labels.orValue({})' },
    { name: 'labelsBefore', expression: 'oldObject == null ? {} : oldObject.metadata.?labels.orValue({})' },
    ...annotationVariables,
  ],
  validations: [
    {
      expression: `!variables.labels.exists(k, k.startsWith('netplane.io/') && !(k in variables.labelsBefore && variables.labelsBefore[k] == variables.labels[k])) && !variables.labelsBefore.exists(k, k.startsWith('netplane.io/') && !(k in variables.labels))`,
      message: 'Labels that begin with netplane.io/ are set by Netplane.',
    },
    {
      expression: `!variables.annotations.exists(k, k.startsWith('ovn.kubernetes.io/') && !${UNCHANGED}) && !variables.before.exists(k, k.startsWith('ovn.kubernetes.io/') && !(k in variables.annotations))`,
      message: 'The network of a project namespace is set by Netplane.',
    },
  ],
};

const kubeOvn: Guard = {
  name: 'netplane-guard-kube-ovn',
  rules: [rule('kubeovn.io', ['*/*'])],
  namespaceSelector: {},
  variables: [],
  validations: [
    { expression: 'false', message: 'Objects of kubeovn.io are written by Netplane and Kube-OVN only.' },
  ],
};

export const guards: readonly Guard[] = [pods, services, namespaces, kubeOvn];

export function guardPolicy(
  guard: Guard,
  values: GuardValues,
  labels: Readonly<Record<string, string>>,
): KubeObject {
  const { apiVersion, kind } = kubeTypes.ValidatingAdmissionPolicy;
  const exemptions = [
    { name: 'not-exempt-user', expression: `!(request.userInfo.username in ${celList(values.exemptUsers)})` },
    {
      name: 'not-exempt-group',
      expression: `!request.userInfo.groups.exists(g, g in ${celList(values.exemptGroups)})`,
    },
  ];
  const condition =
    guard.condition === undefined ? [] : [{ name: 'concerns-netplane', expression: guard.condition }];
  return {
    apiVersion,
    kind,
    metadata: { name: guard.name, labels },
    spec: {
      failurePolicy: 'Fail',
      matchConstraints: {
        matchPolicy: 'Equivalent',
        namespaceSelector: guard.namespaceSelector,
        objectSelector: {},
        resourceRules: guard.rules,
      },
      matchConditions: [...exemptions, ...condition],
      variables: guard.variables,
      validations: guard.validations,
    },
  };
}

export function guardBinding(guard: Guard, labels: Readonly<Record<string, string>>): KubeObject {
  const { apiVersion, kind } = kubeTypes.ValidatingAdmissionPolicyBinding;
  return {
    apiVersion,
    kind,
    metadata: { name: guard.name, labels },
    spec: { policyName: guard.name, validationActions: ['Deny'] },
  };
}

/** As the API server completes it, so that a second look finds nothing to change. */
function rule(apiGroup: string, resources: readonly string[]): object {
  return {
    apiGroups: [apiGroup],
    apiVersions: ['*'],
    operations: ['CREATE', 'UPDATE'],
    resources,
    scope: '*',
  };
}

/** JSON strings are CEL strings. */
function celList(items: readonly string[]): string {
  return `[${items.map((item) => JSON.stringify(item)).join(', ')}]`;
}
