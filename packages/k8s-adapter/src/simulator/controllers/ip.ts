import type { IPSpec } from '../../manifest/generated/kube-ovn.ts';
import { mapAt } from '../json.ts';
import { isTerminating, type SimObject } from '../sim-object.ts';
import type { ClusterView } from './cluster-view.ts';
import { again, type Controller, done, type Job, job, KUBE_OVN_FINALIZER, type Step } from './controller.ts';
import { isGrantable, isManaged, macOf } from './ipam.ts';
import { isHeld, removeFinalizer } from './writes.ts';

/**
 * IP (Kube-OVN 1.16.2, ip.go): made with a Pod, or by somebody beforehand to reserve an address for a Pod of that
 * name, which the label `ip_reserved` then says. It has no status path.
 */
export const ipController: Controller = {
  kind: 'IP',
  added: (ip) => [job('ip', ip.metadata.name), ...subnetJobs(ip)],
  updated: (_before, after) => (isTerminating(after) ? [job('update-ip', after.metadata.name)] : []),
  deleted: (last) => subnetJobs(last),
  handlers: {
    ip: (cluster, { key }) => reserveIp(cluster, cluster.get('IP', key)),
    'update-ip': (cluster, { key }) => releaseIp(cluster.get('IP', key)),
  },
};

function ipSpec(ip: SimObject): IPSpec {
  return mapAt(ip, 'spec') as IPSpec; // the schema was checked when it was written
}

function subnetJobs(ip: SimObject): readonly Job[] {
  const { subnet = '' } = ipSpec(ip);
  return subnet === '' ? [] : [job('subnet-status', subnet)];
}

function reserveIp(cluster: ClusterView, ip: SimObject | undefined): Step {
  if (ip === undefined || isTerminating(ip) || isHeld(ip)) return done;
  const spec = ipSpec(ip);
  const { podName = '', namespace = '', v4IpAddress = '' } = spec;
  if (ip.metadata.name !== `${podName}.${namespace}`) return done; // a node's
  const subnet = cluster.get('Subnet', spec.subnet ?? '');
  if (subnet === undefined || !isManaged(subnet)) return again;
  const owner = ip.metadata.uid ?? '';
  const free = v4IpAddress === '' || isGrantable(cluster, subnet, { address: v4IpAddress, owner });
  const address = v4IpAddress === '' ? cluster.ipam.next(cluster, subnet) : v4IpAddress;
  if (!free || address === undefined) return again;
  const { name } = subnet.metadata;
  const macAddress = spec.macAddress || macOf(name, ip.metadata.name);
  // The labels that would say which Subnet it is in are written first and lost with the next write: the real
  // controller replaces them by those that it read before.
  const patch = {
    metadata: { labels: { 'ovn.kubernetes.io/ip_reserved': 'true' }, finalizers: [KUBE_OVN_FINALIZER] },
    spec: { ...EMPTY_SPEC, ...spec, ipAddress: address, v4IpAddress: address, v6IpAddress: '', macAddress },
  };
  return {
    writes: [{ verb: 'patch', kind: 'IP', key: ip.metadata.name, patch }],
    jobs: [job('subnet-status', name)],
  };
}

/** Fields that the controller's struct always writes. */
const EMPTY_SPEC: IPSpec = {
  nodeName: '',
  podType: '',
  containerID: '',
  attachIps: [],
  attachMacs: [],
  attachSubnets: [],
};

function releaseIp(ip: SimObject | undefined): Step {
  if (ip === undefined || !isTerminating(ip)) return done;
  return { writes: removeFinalizer(ip), jobs: subnetJobs(ip) };
}
