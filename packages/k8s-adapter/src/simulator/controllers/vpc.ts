import { deepEqual, type JsonMap, mapAt, omit, textAt } from '../json.ts';
import { isTerminating, metadataOf, type SimObject } from '../sim-object.ts';
import { label } from '../store/indexes.ts';
import type { ClusterView } from './cluster-view.ts';
import { conditionsOf, isTrue } from './conditions.ts';
import { again, type Controller, done, type Job, job, KUBE_OVN_FINALIZER, type Step } from './controller.ts';
import { throughGo, vpcSpecStruct } from './go-struct.ts';
import { disconnect, reconcileExternal } from './vpc-external.ts';
import { formatVpc, vpcSpec, vpcStatus } from './vpc-format.ts';
import { kubernetesAnnotations, statusPatch } from './writes.ts';

/**
 * Vpc (Kube-OVN 1.16.2, vpc.go): finalizer and normal form, router and `status.standby`, list of Subnets, connection
 * to external Subnets. Anything malformed stops the whole of it without a word.
 */
export const vpcController: Controller = {
  kind: 'Vpc',
  added: (vpc) => (isExternallyManaged(vpc) ? [] : [job('vpc', vpc.metadata.name)]),
  updated: (before, after) => updatedJobs(before, after),
  deleted: (last) => [{ ...job('del-vpc', last.metadata.name), last }],
  handlers: {
    vpc: (cluster, { key }) => reconcileVpc(cluster, cluster.get('Vpc', key)),
    'vpc-status': (cluster, { key }) => refreshSubnets(cluster, cluster.get('Vpc', key)),
    'del-vpc': (cluster, { last }) => removeVpc(cluster, last),
  },
};

/** Whether a Subnet is one of OVN's switches rather than address management for another network. */
export function isOvnSubnet(subnet: SimObject): boolean {
  const provider = textAt(mapAt(subnet, 'spec'), 'provider');
  return provider === '' || provider === 'ovn' || provider.endsWith('.ovn');
}

/** All of the spec but `defaultSubnet`, as the controller compares it: absent and zero are the same. */
function wakingFields(vpc: SimObject): JsonMap {
  return omit(throughGo(vpcSpecStruct, mapAt(vpc, 'spec')), 'defaultSubnet');
}

function updatedJobs(before: SimObject, after: SimObject): readonly Job[] {
  if (isExternallyManaged(after)) return [];
  const wakes =
    isTerminating(after) ||
    !deepEqual(wakingFields(before), wakingFields(after)) ||
    !deepEqual(kubernetesAnnotations(before), kubernetesAnnotations(after)) ||
    !deepEqual(vpcStatus(before).subnets ?? [], vpcStatus(after).subnets ?? []);
  return wakes ? [job('vpc', after.metadata.name)] : [];
}

function isExternallyManaged(vpc: SimObject): boolean {
  return label(vpc, 'ovn.kubernetes.io/vpc_external') === 'true';
}

function reconcileVpc(cluster: ClusterView, vpc: SimObject | undefined): Step {
  if (vpc === undefined) return done;
  const { name } = vpc.metadata;
  const spec = formatVpc(vpcSpec(vpc));
  if (spec === undefined) return again;
  const finalizers = finalizersOf(vpc);
  const changed = spec.changed || finalizers.length !== (vpc.metadata.finalizers ?? []).length;
  const object = { ...vpc, metadata: { ...metadataOf(vpc), finalizers }, spec: spec.value };
  const format = changed ? [{ verb: 'replace', kind: 'Vpc', key: name, object } as const] : [];
  if (isTerminating(vpc) && !finalizers.includes(KUBE_OVN_FINALIZER)) return { writes: format };

  const status = { ...routerStatus(cluster, name), ...subnetsStatus(cluster, vpc), ...baseStatus(vpc) };
  const external = reconcileExternal(cluster, vpc);
  return {
    writes: [
      ...format,
      { verb: 'add-router', router: name },
      statusPatch(vpc, status),
      ...external.writes,
      ...external.statuses.map((next) => statusPatch(vpc, next)),
    ],
    jobs: [
      ...cluster
        .find('Subnet', 'vpc', name)
        .filter((subnet) => !isTrue(conditionsOf(subnet), 'Ready'))
        .map((subnet) => job('subnet', subnet.metadata.name)),
      ...(external.repeat ? [job('vpc', name)] : []),
    ],
    retry: external.failed,
  };
}

function finalizersOf(vpc: SimObject): readonly string[] {
  const finalizers = vpc.metadata.finalizers ?? [];
  if (!isTerminating(vpc)) {
    return finalizers.includes(KUBE_OVN_FINALIZER) ? finalizers : [...finalizers, KUBE_OVN_FINALIZER];
  }
  const empty = (vpcStatus(vpc).subnets ?? []).length === 0;
  return empty ? finalizers.filter((item) => item !== KUBE_OVN_FINALIZER) : finalizers;
}

function routerStatus(cluster: ClusterView, name: string) {
  const isDefault = name === cluster.settings.defaultVpc;
  const balancer = (protocol: string, session: boolean): string =>
    isDefault
      ? `cluster-${protocol}${session ? '-session' : ''}-loadbalancer`
      : `vpc-${name}-${protocol}${session ? '-sess' : ''}-load`;
  return {
    standby: true,
    router: name,
    default: isDefault,
    tcpLoadBalancer: balancer('tcp', false),
    tcpSessionLoadBalancer: balancer('tcp', true),
    udpLoadBalancer: balancer('udp', false),
    udpSessionLoadBalancer: balancer('udp', true),
    sctpLoadBalancer: balancer('sctp', false),
    sctpSessionLoadBalancer: balancer('sctp', true),
  };
}

function baseStatus(vpc: SimObject) {
  const { enableExternal = false, enableBfd = false } = vpcStatus(vpc);
  return { enableExternal, enableBfd, bfdPort: {} };
}

function subnetsStatus(cluster: ClusterView, vpc: SimObject) {
  const { name } = vpc.metadata;
  const subnets = cluster
    .find('Subnet', 'vpc', name)
    .filter((subnet) => !isTerminating(subnet) && isOvnSubnet(subnet));
  const names = subnets.map((subnet) => subnet.metadata.name).sort();
  const marked = subnets.find((subnet) => mapAt(subnet, 'spec').default === true)?.metadata.name ?? '';
  const { defaultSubnet = '' } = vpcSpec(vpc);
  const chosen =
    name !== cluster.settings.defaultVpc && names.includes(defaultSubnet) ? defaultSubnet : marked;
  return { subnets: names, defaultLogicalSwitch: chosen };
}

/** The queue that Subnets feed when they come and go. */
function refreshSubnets(cluster: ClusterView, vpc: SimObject | undefined): Step {
  if (vpc === undefined) return done;
  const status = subnetsStatus(cluster, vpc);
  const rebind = status.defaultLogicalSwitch !== (vpcStatus(vpc).defaultLogicalSwitch ?? '');
  return {
    writes: [statusPatch(vpc, status)],
    jobs: rebind ? (vpcSpec(vpc).namespaces ?? []).map((namespace) => job('bind-namespace', namespace)) : [],
  };
}

function removeVpc(cluster: ClusterView, last: SimObject | undefined): Step {
  if (last === undefined) return done;
  const { name } = last.metadata;
  const connected = [cluster.settings.externalSubnet, ...(vpcStatus(last).extraExternalSubnets ?? [])];
  return {
    writes: [
      ...connected.flatMap((subnet) => disconnect(cluster, name, subnet)),
      { verb: 'delete-router', router: name },
    ],
  };
}
