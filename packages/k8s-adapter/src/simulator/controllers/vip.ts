import type { VipSpec, VipStatus } from '../../manifest/generated/kube-ovn.ts';
import { mapAt } from '../json.ts';
import { isTerminating, type SimObject } from '../sim-object.ts';
import { SUBNET_LABEL } from '../store/indexes.ts';
import type { ClusterView } from './cluster-view.ts';
import { again, type Controller, done, type Job, job, type Step } from './controller.ts';
import { throughGo, vipSpecStruct } from './go-struct.ts';
import { isGrantable, isManaged, macOf } from './ipam.ts';
import { addFinalizer, removeFinalizer, rewritten } from './writes.ts';

/** Vip (Kube-OVN 1.16.2, vip.go): holds an address of a Subnet for whoever needs one. It has no status path. */
export const vipController: Controller = {
  kind: 'Vip',
  added: (vip) => [job('vip', vip.metadata.name)],
  updated: (before, after) => updatedJobs(before, after),
  deleted: (last) => subnetJobs(last),
  handlers: {
    vip: (cluster, { key }) => grantVip(cluster, cluster.get('Vip', key)),
    'update-vip': (cluster, { key }) => updateVip(cluster.get('Vip', key)),
  },
};

function vipSpec(vip: SimObject): VipSpec {
  return mapAt(vip, 'spec') as VipSpec; // the schema was checked when it was written
}

function vipStatus(vip: SimObject): VipStatus {
  return mapAt(vip, 'status') as VipStatus; // as above
}

function subnetJobs(vip: SimObject): readonly Job[] {
  const { subnet = '' } = vipSpec(vip);
  return subnet === '' ? [] : [job('subnet-status', subnet)];
}

function updatedJobs(before: SimObject, after: SimObject): readonly Job[] {
  const { v4ip: oldIp = '', macAddress: oldMac = '' } = vipSpec(before);
  const { v4ip = '', macAddress = '' } = vipSpec(after);
  const wakes = isTerminating(after) || oldIp !== v4ip || oldMac !== macAddress;
  return wakes ? [job('update-vip', after.metadata.name)] : [];
}

function grantVip(cluster: ClusterView, vip: SimObject | undefined): Step {
  if (vip === undefined || isTerminating(vip) || (vipStatus(vip).mac ?? '') !== '') return done;
  const spec = vipSpec(vip);
  const { v4ip = '' } = spec;
  const subnet = cluster.get('Subnet', spec.subnet ?? '');
  if (subnet === undefined || !isManaged(subnet)) return again;
  const owner = vip.metadata.uid ?? '';
  const free = v4ip === '' || isGrantable(cluster, subnet, { address: v4ip, owner });
  const address = v4ip === '' ? cluster.ipam.next(cluster, subnet) : v4ip;
  if (!free || address === undefined) return again;
  const { name } = subnet.metadata;
  const mac = spec.macAddress || macOf(name, vip.metadata.name);
  const granted = throughGo(vipSpecStruct, { ...spec, v4ip: address, macAddress: mac });
  const labels = { [SUBNET_LABEL]: name, 'ovn.kubernetes.io/ip_reserved': '' };
  const status = { v4ip: address, v6ip: '', mac, type: spec.type ?? '' };
  const object = { ...rewritten(vip, { labels, spec: granted }), status };
  return {
    writes: [{ verb: 'replace', kind: 'Vip', key: vip.metadata.name, object }, ...addFinalizer(vip)],
    jobs: [job('subnet-status', name)],
  };
}

function updateVip(vip: SimObject | undefined): Step {
  if (vip === undefined) return done;
  if (isTerminating(vip)) return { writes: removeFinalizer(vip), jobs: subnetJobs(vip) };
  return { writes: (vipStatus(vip).mac ?? '') === '' ? [] : addFinalizer(vip) };
}
