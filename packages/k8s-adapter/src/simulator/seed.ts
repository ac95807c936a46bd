import { formatIpv4, knownBlock } from '@netplane/domain';
import { KUBE_OVN_FINALIZER } from './controllers/controller.ts';
import { macOf } from './controllers/ipam.ts';
import type { JsonMap } from './json.ts';
import type { CrdTable } from './kinds.ts';

export interface SeedOptions {
  readonly podCidr: string;
  readonly joinCidr: string;
  readonly serviceCidr: string;
  /** The one gateway node. */
  readonly node: string;
}

export const defaultSeed: SeedOptions = {
  podCidr: '10.100.0.0/16',
  joinCidr: '172.30.0.0/22',
  serviceCidr: '10.101.0.0/16',
  node: 'n1',
};

/**
 * Objects that a cluster with Kube-OVN has before anybody asks for anything, in the order of their creation. The
 * Namespace `kube-system` is the last, so that its presence says that all the others were there.
 */
export function seedObjects(options: SeedOptions, crds: CrdTable): readonly JsonMap[] {
  const namespaces = ['default', 'netplane', 'kube-system'];
  const vpc = 'ovn-cluster';
  const pods = { ...subnetOf(options.podCidr), default: true, natOutgoing: true, ...overlay };
  const nodes = { ...subnetOf(options.joinCidr), disableInterConnection: true };
  return [
    gatewayNode(options),
    object('networking.k8s.io/v1', 'ServiceCIDR', { name: 'kubernetes' }, { cidrs: [options.serviceCidr] }),
    ...Object.values(crds).map(definition),
    object('kubeovn.io/v1', 'Vpc', { name: vpc }, {}),
    object('kubeovn.io/v1', 'Subnet', { name: 'ovn-default' }, { vpc, ...pods }),
    object('kubeovn.io/v1', 'Subnet', { name: 'join' }, { vpc, ...nodes }),
    nodeIp(options),
    ...namespaces.map((name) => object('v1', 'Namespace', { name })),
  ];
}

const overlay = { gatewayType: 'distributed', enableLb: true };

/** A spec as the controller itself would write it. */
function subnetOf(cidrBlock: string): JsonMap {
  const gateway = formatIpv4(knownBlock(cidrBlock).first + 1);
  const flags = { default: false, natOutgoing: false, private: false };
  const fixed = { protocol: 'IPv4', provider: 'ovn', gatewayNode: '', u2oFeatures: {} };
  return { cidrBlock, gateway, excludeIps: [gateway], ...flags, ...fixed };
}

function gatewayNode(options: SeedOptions): JsonMap {
  const metadata = {
    name: options.node,
    labels: { 'kubernetes.io/os': 'linux', 'ovn.kubernetes.io/external-gw': 'true' },
    annotations: {
      'ovn.kubernetes.io/allocated': 'true',
      'ovn.kubernetes.io/chassis': '11111111-1111-4111-8111-111111111111',
      'ovn.kubernetes.io/ip_address': nodeAddress(options),
      'ovn.kubernetes.io/logical_switch': 'join',
    },
  };
  return object('v1', 'Node', metadata, {});
}

/** The node's own address in the join Subnet: the one after the gateway. */
function nodeIp(options: SeedOptions): JsonMap {
  const name = `node-${options.node}`;
  const address = nodeAddress(options);
  const labels = {
    join: '',
    'ovn.kubernetes.io/subnet': 'join',
    'ovn.kubernetes.io/node-name': options.node,
    'ovn.kubernetes.io/ip_reserved': 'false',
  };
  const metadata = { name, labels, finalizers: [KUBE_OVN_FINALIZER] };
  const spec = {
    subnet: 'join',
    nodeName: options.node,
    podName: options.node,
    ipAddress: address,
    v4IpAddress: address,
    v6IpAddress: '',
    macAddress: macOf('join', name),
    namespace: '',
    podType: '',
    containerID: '',
    attachIps: [],
    attachMacs: [],
    attachSubnets: [],
  };
  return object('kubeovn.io/v1', 'IP', metadata, spec);
}

function nodeAddress({ joinCidr }: SeedOptions): string {
  return formatIpv4(knownBlock(joinCidr).first + 2);
}

/** A CRD as capability checks read it, with the trimmed schema. */
function definition(crd: CrdTable[string]): JsonMap {
  const { group, scope, names, schema, statusSubresource } = crd;
  const version = {
    name: 'v1',
    served: true,
    storage: true,
    schema: { openAPIV3Schema: schema },
    subresources: statusSubresource ? { status: {} } : {},
  };
  const spec = { group, scope, names, versions: [version] };
  const name = `${names.plural}.${group}`;
  return object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', { name }, spec);
}

function object(apiVersion: string, kind: string, metadata: JsonMap, spec?: JsonMap): JsonMap {
  return { apiVersion, kind, metadata, ...(spec === undefined ? {} : { spec }) };
}
