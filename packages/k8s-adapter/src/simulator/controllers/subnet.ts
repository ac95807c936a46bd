import type { SubnetSpec, SubnetStatus } from '../../manifest/generated/kube-ovn.ts';
import { deepEqual, type JsonMap, mapAt, textAt, textsAt } from '../json.ts';
import { isTerminating, type SimObject } from '../sim-object.ts';
import type { ClusterView } from './cluster-view.ts';
import { conditionsOf, withCondition, withInitial } from './conditions.ts';
import { again, type Controller, done, type Job, job, type Step, type Write } from './controller.ts';
import { subnetSpecStruct, throughGo } from './go-struct.ts';
import { cidrsOverlap, formatSubnet, subnetFault } from './subnet-format.ts';
import { usageOf } from './subnet-usage.ts';
import { isOvnSubnet } from './vpc.ts';
import { vpcSpec, vpcStatus } from './vpc-format.ts';
import { addFinalizer, removeFinalizer, rewritten, statusPatch } from './writes.ts';

/**
 * Subnet (Kube-OVN 1.16.2, subnet.go). Faults of the spec, of the Vlan and overlaps show in the condition Ready; a Vpc
 * that is missing, not standby or does not list the namespaces leaves no trace at all. A Terminating Subnet keeps its
 * finalizer while addresses are used.
 */
export const subnetController: Controller = {
  kind: 'Subnet',
  added: (subnet) => [job('subnet', subnet.metadata.name)],
  updated: (before, after) =>
    isReleasable(after) || !deepEqual(asGo(before), asGo(after)) ? [job('subnet', after.metadata.name)] : [],
  deleted: (last) => [{ ...job('del-subnet', last.metadata.name), last }],
  handlers: {
    subnet: (cluster, { key }) => reconcileSubnet(cluster, cluster.get('Subnet', key)),
    'subnet-status': (cluster, { key }) => refreshUsage(cluster, cluster.get('Subnet', key)),
    'del-subnet': (cluster, { last }) => removeSubnet(cluster, last),
  },
};

function subnetSpec(subnet: SimObject): SubnetSpec {
  return mapAt(subnet, 'spec') as SubnetSpec; // the schema was checked when it was written
}

/** The spec as the controller compares it: absent and zero are the same. */
function asGo(subnet: SimObject): JsonMap {
  return throughGo(subnetSpecStruct, mapAt(subnet, 'spec'));
}

function isReleasable(subnet: SimObject): boolean {
  const { v4usingIPs = 0, v6usingIPs = 0 } = mapAt(subnet, 'status') as SubnetStatus; // as above
  return isTerminating(subnet) && v4usingIPs === 0 && v6usingIPs === 0;
}

/** Fields that a real status always has and Netplane does not read. */
const EMPTY_STATUS = {
  activateGateway: '',
  dhcpV4OptionsUUID: '',
  dhcpV6OptionsUUID: '',
  mcastQuerierIP: '',
  mcastQuerierMAC: '',
  u2oInterconnectionIP: '',
  u2oInterconnectionMAC: '',
  u2oInterconnectionVPC: '',
  v4availableIPrange: '',
  v4usingIPrange: '',
  v6availableIPrange: '',
  v6usingIPrange: '',
  v6availableIPs: 0,
  v6usingIPs: 0,
};

function reconcileSubnet(cluster: ClusterView, found: SimObject | undefined): Step {
  if (found === undefined) return done;
  const spec = formatSubnet(found, subnetSpec(found), cluster.settings);
  if (spec === undefined) return again;
  const subnet: SimObject = { ...found, spec };
  const { name } = subnet.metadata;
  const format: readonly Write[] = deepEqual(spec, asGo(found))
    ? []
    : [{ verb: 'replace', kind: 'Subnet', key: name, object: rewritten(found, { spec }) }];
  const vlan = vlanFault(cluster, subnet);
  if (vlan === 'wait') return { writes: format, retry: true };
  const fault = vlan ?? specFault(subnet);
  if (fault !== undefined) return { writes: [...format, failure(cluster, subnet, fault)], retry: true };

  const validated = withCondition(
    conditionsOf(subnet),
    { type: 'Validated', status: 'True', reason: 'ValidateLogicalSwitchSuccess' },
    cluster.now(),
  );
  const usage = usageOf(cluster, subnet);
  const status = statusPatch(subnet, { ...EMPTY_STATUS, ...usage, conditions: validated });
  const begun = [...format, status];
  if (isTerminating(subnet) && usage.v4usingIPs === 0)
    return { writes: [...begun, ...removeFinalizer(subnet)] };
  const held = [...begun, ...(isTerminating(subnet) ? [] : addFinalizer(subnet))];
  return connected(cluster, subnet, { writes: held, conditions: validated });
}

/** The second half: from a Subnet with addresses to a switch in its Vpc. */
function connected(
  cluster: ClusterView,
  subnet: SimObject,
  begun: { readonly writes: readonly Write[]; readonly conditions: readonly JsonMap[] },
): Step {
  if (isOvnSubnet(subnet) && !isAccepted(cluster, subnet)) return { writes: begun.writes, retry: true };
  const overlap = overlapFault(cluster, subnet);
  if (overlap !== undefined) {
    return { writes: [...begun.writes, failure(cluster, subnet, overlap)], retry: true };
  }
  const { name } = subnet.metadata;
  const reason = readyReason(subnet);
  const now = cluster.now();
  let conditions = withCondition(begun.conditions, { type: 'Validated', status: 'True', reason }, now);
  conditions = withCondition(conditions, { type: 'Ready', status: 'True', reason }, now);
  conditions = withInitial(conditions, 'Error', now);
  const { vpc = '', namespaces = [] } = subnetSpec(subnet);
  const bound = cluster.find('Namespace', 'switch', name).map(({ metadata }) => metadata.name);
  return {
    writes: [
      ...begun.writes,
      ...vlanWrites(cluster, subnet),
      statusPatch(subnet, { conditions, natOutgoingPolicyRules: [] }),
    ],
    jobs: [
      ...[...new Set([...namespaces, ...bound])].map((namespace) => job('bind-namespace', namespace)),
      job('vpc-status', vpc),
    ],
  };
}

interface Fault {
  readonly reason: string;
  readonly message: string;
}

function specFault(subnet: SimObject): Fault | undefined {
  const message = subnetFault(subnet.metadata.name, subnetSpec(subnet));
  return message === undefined ? undefined : { reason: 'ValidateLogicalSwitchFailed', message };
}

/** `wait`: the Vlan is there and its own controller has not finished with it. */
function vlanFault(cluster: ClusterView, subnet: SimObject): Fault | 'wait' | undefined {
  const { vlan: vlanName = '' } = subnetSpec(subnet);
  if (vlanName === '') return undefined;
  const { name } = subnet.metadata;
  const vlan = cluster.get('Vlan', vlanName);
  const why =
    vlan === undefined
      ? `failed to get vlan ${vlanName}: vlan.kubeovn.io "${vlanName}" not found`
      : mapAt(vlan, 'status').conflict === true && `subnet ${name} has invalid conflict vlan ${vlanName}`;
  if (why !== false) {
    const message = `failed to validate vlan for subnet ${name}, ${why}`;
    return { reason: 'ValidateSubnetVlanFailed', message };
  }
  const provider = cluster.get('ProviderNetwork', textAt(mapAt(vlan, 'spec'), 'provider'));
  const known = textsAt(mapAt(provider, 'status'), 'vlans').includes(vlanName);
  return known ? undefined : 'wait';
}

/** Whether the Vpc is there, standby, and takes the namespaces. */
function isAccepted(cluster: ClusterView, subnet: SimObject): boolean {
  const { vpc: vpcName = '', namespaces = [] } = subnetSpec(subnet);
  const vpc = cluster.get('Vpc', vpcName);
  if (vpc === undefined || vpcStatus(vpc).standby !== true) return false;
  if (vpcStatus(vpc).default !== true) {
    return namespaces.every((namespace) => (vpcSpec(vpc).namespaces ?? []).includes(namespace));
  }
  return namespaces.every((namespace) => cluster.count('Vpc', 'namespaces', namespace) === 0);
}

/** Another Subnet of the same Vpc and Vlan with addresses of this one; both suffer from it. */
function overlapFault(cluster: ClusterView, subnet: SimObject): Fault | undefined {
  const { vpc = '', vlan = '', cidrBlock = '' } = subnetSpec(subnet);
  const { name } = subnet.metadata;
  const other = cluster.find('Subnet', 'vpc', vpc).find((candidate) => {
    const spec = subnetSpec(candidate);
    return (
      candidate.metadata.name !== name &&
      (spec.vlan ?? '') === vlan &&
      cidrsOverlap(spec.cidrBlock ?? '', cidrBlock)
    );
  });
  if (other === undefined) return undefined;
  const theirs = `subnet ${other.metadata.name} cidr ${subnetSpec(other).cidrBlock}`;
  const message = `subnet ${name} cidr ${cidrBlock} is conflict with ${theirs}`;
  return { reason: 'ValidateLogicalSwitchFailed', message };
}

function failure(cluster: ClusterView, subnet: SimObject, { reason, message }: Fault): Write {
  const now = cluster.now();
  const invalid = reason === 'ValidateLogicalSwitchFailed';
  let conditions = withCondition(
    conditionsOf(subnet),
    { type: 'Error', status: 'True', reason, message },
    now,
  );
  conditions = withCondition(
    conditions,
    invalid
      ? { type: 'Validated', status: 'False', reason, message }
      : { type: 'Validated', status: 'True', reason },
    now,
  );
  conditions = withCondition(conditions, { type: 'Ready', status: 'False', reason, message }, now);
  return statusPatch(subnet, { ...EMPTY_STATUS, ...usageOf(cluster, subnet), conditions });
}

function readyReason(subnet: SimObject): string {
  if (!isOvnSubnet(subnet)) return 'SetNonOvnSubnetSuccess';
  return subnetSpec(subnet).private === true
    ? 'SetPrivateLogicalSwitchSuccess'
    : 'ResetLogicalSwitchAclSuccess';
}

function vlanWrites(cluster: ClusterView, subnet: SimObject): readonly Write[] {
  const vlan = cluster.get('Vlan', subnetSpec(subnet).vlan ?? '');
  if (vlan === undefined) return [];
  const subnets = textsAt(mapAt(vlan, 'status'), 'subnets');
  const { name } = subnet.metadata;
  return subnets.includes(name) ? [] : [statusPatch(vlan, { subnets: [...subnets, name] })];
}

function refreshUsage(cluster: ClusterView, subnet: SimObject | undefined): Step {
  if (subnet === undefined) return done;
  const usage = usageOf(cluster, subnet);
  const { v4availableIPs, v4usingIPs } = mapAt(subnet, 'status');
  return deepEqual(usage, { v4availableIPs, v4usingIPs })
    ? done
    : { writes: [statusPatch(subnet, { ...usage })] };
}

/** Namespaces that were bound to it fall to another Subnet, which is the default VPC's if they have no other. */
function removeSubnet(cluster: ClusterView, last: SimObject | undefined): Step {
  if (last === undefined) return done;
  const { name } = last.metadata;
  const vlan = cluster.get('Vlan', subnetSpec(last).vlan ?? '');
  const bound = cluster.find('Namespace', 'switch', name);
  const jobs: readonly Job[] = [
    job('vpc-status', subnetSpec(last).vpc ?? ''),
    ...bound.map((namespace) => job('bind-namespace', namespace.metadata.name)),
  ];
  if (vlan === undefined) return { writes: [], jobs };
  const subnets = textsAt(mapAt(vlan, 'status'), 'subnets').filter((subnet) => subnet !== name);
  return { writes: [statusPatch(vlan, { subnets: subnets.length === 0 ? null : subnets })], jobs };
}
