import { mapAt, textAt } from '../json.ts';
import { isTerminating, keyOfObject, type SimObject } from '../sim-object.ts';
import { annotation, label, SUBNET_LABEL, SWITCH_ANNOTATION } from '../store/indexes.ts';
import type { ClusterView } from './cluster-view.ts';
import {
  again,
  type Controller,
  done,
  job,
  KUBE_OVN_FINALIZER,
  type Step,
  type Write,
} from './controller.ts';
import { isGrantable, isManaged, macOf } from './ipam.ts';
import { annotationsPatch } from './writes.ts';

/**
 * Kube-OVN's part of a Pod (pod.go): an address of the Subnet that its annotation or its Namespace's names, an IP
 * object `<pod>.<namespace>`, and annotations that say so. The address goes back when the Pod is gone.
 */
export const podController: Controller = {
  kind: 'Pod',
  added: (pod) => (isHostNetwork(pod) ? [] : [podJob(pod)]),
  updated: (_before, after) => (isHostNetwork(after) ? [] : [podJob(after)]),
  deleted: (last) => (isHostNetwork(last) ? [] : [{ ...job('del-pod', keyOfObject(last)), last }]),
  handlers: {
    pod: (cluster, { key }) => connectPod(cluster, cluster.get('Pod', key)),
    'del-pod': (cluster, { key, last }) => disconnectPod(cluster, cluster.get('Pod', key), last),
  },
};

export const ALLOCATED = 'ovn.kubernetes.io/allocated';
export const ADDRESS = 'ovn.kubernetes.io/ip_address';

function podJob(pod: SimObject) {
  const over = isFinished(pod);
  return over ? { ...job('del-pod', keyOfObject(pod)), last: pod } : job('pod', keyOfObject(pod));
}

export function isHostNetwork(pod: SimObject): boolean {
  return mapAt(pod, 'spec').hostNetwork === true;
}

function isFinished(pod: SimObject): boolean {
  return ['Succeeded', 'Failed'].includes(textAt(mapAt(pod, 'status'), 'phase'));
}

function ipNameOf(pod: SimObject): string {
  return `${pod.metadata.name}.${pod.metadata.namespace ?? ''}`;
}

function connectPod(cluster: ClusterView, pod: SimObject | undefined): Step {
  if (pod === undefined || isTerminating(pod) || annotation(pod, ALLOCATED) === 'true') return done;
  const subnet = subnetOf(cluster, pod);
  if (subnet === undefined || !isManaged(subnet)) return again;
  const reserved = cluster.get('IP', ipNameOf(pod));
  const address = addressOf(cluster, { pod, subnet, reserved });
  if (address === undefined) return again;
  const { name } = subnet.metadata;
  const mac = macOf(name, ipNameOf(pod));
  const spec = mapAt(subnet, 'spec');
  const onVlan = textAt(spec, 'vlan') !== '';
  return {
    writes: [
      ...(reserved === undefined ? [createIp(pod, name, { address, mac })] : []),
      annotationsPatch(pod, {
        [ALLOCATED]: 'true',
        [ADDRESS]: address,
        [SWITCH_ANNOTATION]: name,
        'ovn.kubernetes.io/cidr': textAt(spec, 'cidrBlock'),
        'ovn.kubernetes.io/gateway': textAt(spec, 'gateway'),
        'ovn.kubernetes.io/mac_address': mac,
        'ovn.kubernetes.io/pod_nic_type': 'veth-pair',
        ...(onVlan ? {} : { 'ovn.kubernetes.io/logical_router': textAt(spec, 'vpc') }),
      }),
      annotationsPatch(pod, { 'ovn.kubernetes.io/routed': 'true' }),
    ],
    jobs: [job('subnet-status', name)],
  };
}

function subnetOf(cluster: ClusterView, pod: SimObject): SimObject | undefined {
  const own = annotation(pod, SWITCH_ANNOTATION);
  if (own !== '') return cluster.get('Subnet', own);
  const namespace = cluster.get('Namespace', pod.metadata.namespace ?? '');
  const bound = namespace === undefined ? '' : annotation(namespace, SWITCH_ANNOTATION);
  const subnets = bound.split(',').map((name) => cluster.get('Subnet', name));
  if (subnets.some((subnet) => subnet === undefined)) return undefined;
  return subnets.find((subnet) => subnet !== undefined && mapAt(subnet, 'status').v4availableIPs !== 0);
}

/** The reserved address, the one that an annotation asks for, or the next. */
function addressOf(
  cluster: ClusterView,
  { pod, subnet, reserved }: { pod: SimObject; subnet: SimObject; reserved: SimObject | undefined },
): string | undefined {
  const held = textAt(mapAt(reserved, 'spec'), 'v4IpAddress');
  if (held !== '') return held;
  const asked = annotation(pod, ADDRESS);
  if (asked === '') return cluster.ipam.next(cluster, subnet);
  return isGrantable(cluster, subnet, { address: asked, owner: '' }) ? asked : undefined;
}

function createIp(pod: SimObject, subnet: string, { address, mac }: { address: string; mac: string }): Write {
  const nodeName = textAt(mapAt(pod, 'spec'), 'nodeName');
  const metadata = {
    name: ipNameOf(pod),
    labels: {
      [SUBNET_LABEL]: subnet,
      'ovn.kubernetes.io/node-name': nodeName,
      [subnet]: '',
      'ovn.kubernetes.io/ip_reserved': 'false',
    },
    finalizers: [KUBE_OVN_FINALIZER],
  };
  const spec = {
    podName: pod.metadata.name,
    namespace: pod.metadata.namespace ?? '',
    subnet,
    nodeName,
    ipAddress: address,
    v4IpAddress: address,
    v6IpAddress: '',
    macAddress: mac,
    attachIps: [],
    attachMacs: [],
    attachSubnets: [],
    containerID: '',
    podType: '',
  };
  return { verb: 'create', kind: 'IP', object: { apiVersion: 'kubeovn.io/v1', kind: 'IP', metadata, spec } };
}

function disconnectPod(
  cluster: ClusterView,
  present: SimObject | undefined,
  last: SimObject | undefined,
): Step {
  if (last === undefined || (present !== undefined && present.metadata.uid !== last.metadata.uid))
    return done;
  const ip = cluster.get('IP', ipNameOf(last));
  if (ip === undefined || label(ip, 'ovn.kubernetes.io/ip_reserved') === 'true') return done;
  return { writes: [{ verb: 'delete', kind: 'IP', key: ip.metadata.name }] };
}
