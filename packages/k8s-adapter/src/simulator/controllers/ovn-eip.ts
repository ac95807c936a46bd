import type { OvnEipSpec, OvnEipStatus } from '../../manifest/generated/kube-ovn.ts';
import { mapAt } from '../json.ts';
import { isTerminating, type SimObject } from '../sim-object.ts';
import { EIP_V4_LABEL, label, SUBNET_LABEL } from '../store/indexes.ts';
import type { ClusterView } from './cluster-view.ts';
import { again, type Controller, done, type Handler, type Job, job, type Write } from './controller.ts';
import { ovnEipSpecStruct, throughGo } from './go-struct.ts';
import { isGrantable, isManaged, macOf } from './ipam.ts';
import { addFinalizer, isHeld, removeFinalizer, rewritten, statusPatch } from './writes.ts';

/**
 * OvnEip (Kube-OVN 1.16.2, ovn_eip.go). An address is granted from the Subnet and written to spec, labels and status;
 * what cannot be granted stays without status for ever. The finalizer is added by the update queue only, which an EIP
 * that names its address never enters: such an EIP is gone the moment it is deleted, NAT rules or not, unless its
 * creator put the finalizer on it. With the finalizer it stays while a NAT rule carries the label of its address.
 */
export const ovnEipController: Controller = {
  kind: 'OvnEip',
  added: (eip) => [job('add-eip', eip.metadata.name)],
  updated: (before, after) => updatedJobs(before, after),
  deleted: (last) => subnetJobs(eipSpec(last).externalSubnet),
  handlers: {
    'add-eip': (cluster, { key }) => addEip(cluster, cluster.get('OvnEip', key)),
    'update-eip': (cluster, { key }) => updateEip(cluster, cluster.get('OvnEip', key)),
    'reset-eip': (cluster, { key }) => resetEip(cluster, cluster.get('OvnEip', key)),
  },
};

export function eipSpec(eip: SimObject): OvnEipSpec {
  return mapAt(eip, 'spec') as OvnEipSpec; // the schema was checked when it was written
}

export function eipStatus(eip: SimObject): OvnEipStatus {
  return mapAt(eip, 'status') as OvnEipStatus; // as above
}

/** What `status.nat` says: the kinds of NAT rules with the label of this address. */
function natOf(cluster: ClusterView, address: string): string {
  if (address === '') return '';
  const kinds = [
    ['OvnDnatRule', 'dnat'],
    ['OvnFip', 'fip'],
    ['OvnSnatRule', 'snat'],
  ] as const;
  return kinds
    .filter(([kind]) => cluster.count(kind, 'eip', address) > 0)
    .map(([, word]) => word)
    .join(',');
}

/** Labels and spec of an EIP that holds an address; also used where the Vpc's controller creates one. */
export function grantOf(input: { subnet: string; address: string; mac: string; type: string }) {
  const { subnet, address, mac, type } = input;
  return {
    labels: {
      [SUBNET_LABEL]: subnet,
      'ovn.kubernetes.io/ovn_eip_type': type,
      [EIP_V4_LABEL]: address,
      'ovn.kubernetes.io/eip_v6_ip': '',
    },
    spec: { externalSubnet: subnet, v4Ip: address, v6Ip: '', macAddress: mac, type },
  };
}

function updatedJobs(before: SimObject, after: SimObject): readonly Job[] {
  const { name } = after.metadata;
  if (isTerminating(after)) return isHeld(after) ? [job('update-eip', name)] : [];
  const { v4Ip: oldV4 = '', v6Ip: oldV6 = '', macAddress: oldMac = '' } = eipSpec(before);
  const { v4Ip = '', v6Ip = '', macAddress = '' } = eipSpec(after);
  if ((oldV4 !== '' && oldV4 !== v4Ip) || (oldMac !== '' && oldMac !== macAddress)) {
    return [job('reset-eip', name)];
  }
  return oldV4 !== v4Ip || oldV6 !== v6Ip ? [job('update-eip', name)] : [];
}

function addEip(cluster: ClusterView, eip: SimObject | undefined): ReturnType<Handler> {
  if (eip === undefined || (eipStatus(eip).macAddress ?? '') !== '') return done;
  const { externalSubnet = '', v4Ip = '', type: givenType = '' } = eipSpec(eip);
  const subnet = cluster.get(
    'Subnet',
    externalSubnet === '' ? cluster.settings.externalSubnet : externalSubnet,
  );
  if (subnet === undefined || !isManaged(subnet)) return again;
  const address =
    v4Ip === '' ? cluster.ipam.next(cluster, subnet) : staticAddress(cluster, subnet, eip, v4Ip);
  if (address === undefined) return again;
  const { name } = subnet.metadata;
  const type = givenType === '' ? 'nat' : givenType;
  const mac = macOf(name, eip.metadata.name);
  const grant = grantOf({ subnet: name, address, mac, type });
  const spec = throughGo(ovnEipSpecStruct, { ...eipSpec(eip), ...grant.spec });
  const status = { type, nat: '', ready: false, v4Ip: address, v6Ip: '', macAddress: mac };
  const ready = { ...status, ready: true, nat: natOf(cluster, address) };
  return {
    writes: [
      {
        verb: 'replace',
        kind: 'OvnEip',
        key: eip.metadata.name,
        object: rewritten(eip, { labels: grant.labels, spec }),
      },
      statusPatch(eip, status),
      // An EIP of type lsp is made ready by the agent of its node, which nobody plays.
      ...(type === 'lsp' ? [] : [statusPatch(eip, ready)]),
    ],
    jobs: subnetJobs(name),
  };
}

function staticAddress(
  cluster: ClusterView,
  subnet: SimObject,
  eip: SimObject,
  address: string,
): string | undefined {
  const owner = eip.metadata.uid ?? '';
  return isGrantable(cluster, subnet, { address, owner }) ? address : undefined;
}

function updateEip(cluster: ClusterView, eip: SimObject | undefined): ReturnType<Handler> {
  if (eip === undefined) return done;
  if (!isTerminating(eip)) {
    const writes = addFinalizer(eip);
    return writes.length === 0 ? done : { writes, jobs: subnetJobs(eipSpec(eip).externalSubnet) };
  }
  if (natOf(cluster, eipSpec(eip).v4Ip ?? '') !== '') return again;
  return { writes: removeFinalizer(eip), jobs: subnetJobs(label(eip, SUBNET_LABEL)) };
}

function resetEip(cluster: ClusterView, eip: SimObject | undefined): ReturnType<Handler> {
  if (eip === undefined || isTerminating(eip)) return done;
  return { writes: refreshNat(cluster, eip) };
}

/** Brings `status.nat` up to date. */
function refreshNat(cluster: ClusterView, eip: SimObject): readonly Write[] {
  const nat = natOf(cluster, eipSpec(eip).v4Ip ?? '');
  return nat === (eipStatus(eip).nat ?? '') ? [] : [statusPatch(eip, { nat })];
}

function subnetJobs(subnet: string | undefined): readonly Job[] {
  return subnet === undefined || subnet === '' ? [] : [job('subnet-status', subnet)];
}
