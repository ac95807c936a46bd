import type { VlanSpec } from '../../manifest/generated/kube-ovn.ts';
import { mapAt, textsAt } from '../json.ts';
import type { SimObject } from '../sim-object.ts';
import type { ClusterView } from './cluster-view.ts';
import { again, type Controller, done, job, type Step, type Write } from './controller.ts';
import { statusPatch } from './writes.ts';

/**
 * Vlan (Kube-OVN 1.16.2, vlan.go): listed in its ProviderNetwork's status, which is what Subnets wait for. Two with the
 * same provider and id conflict. There is no finalizer: a Vlan may be deleted under its Subnets.
 */
export const vlanController: Controller = {
  kind: 'Vlan',
  added: (vlan) => [job('vlan', vlan.metadata.name)],
  updated: (_before, after) => [job('vlan', after.metadata.name)],
  deleted: (last) => [{ ...job('del-vlan', last.metadata.name), last }],
  handlers: {
    vlan: (cluster, { key }) => reconcileVlan(cluster, cluster.get('Vlan', key)),
    'del-vlan': (cluster, { key }) => removeVlan(cluster, key),
  },
};

function vlanSpec(vlan: SimObject): VlanSpec {
  return mapAt(vlan, 'spec') as VlanSpec; // the schema was checked when it was written
}

function reconcileVlan(cluster: ClusterView, vlan: SimObject | undefined): Step {
  if (vlan === undefined) return done;
  const { provider, id = 0 } = vlanSpec(vlan);
  const { name } = vlan.metadata;
  const network = cluster.get('ProviderNetwork', provider);
  if (network === undefined) return again;
  const subnets = cluster.find('Subnet', 'vlan', name);
  const wake = subnets.map((subnet) => job('subnet', subnet.metadata.name));
  const conflict = cluster
    .find('Vlan', 'provider', provider)
    .some((other) => other.metadata.name !== name && id !== 0 && (vlanSpec(other).id ?? 0) === id);
  const was = mapAt(vlan, 'status').conflict === true;
  const status = conflict === was ? [] : [statusPatch(vlan, { conflict: conflict || null })];
  if (conflict) return { writes: status, jobs: wake, retry: true };
  return { writes: [...status, ...listVlan(network, name)], jobs: wake };
}

function listVlan(network: SimObject, name: string): readonly Write[] {
  const vlans = textsAt(mapAt(network, 'status'), 'vlans');
  return vlans.includes(name) ? [] : [statusPatch(network, { vlans: [...vlans, name] })];
}

function removeVlan(cluster: ClusterView, name: string): Step {
  const networks = cluster
    .all('ProviderNetwork')
    .filter((network) => textsAt(mapAt(network, 'status'), 'vlans').includes(name));
  const writes = networks.map((network) => {
    const vlans = textsAt(mapAt(network, 'status'), 'vlans').filter((vlan) => vlan !== name);
    return statusPatch(network, { vlans: vlans.length === 0 ? null : vlans });
  });
  return {
    writes,
    jobs: cluster.find('Subnet', 'vlan', name).map(({ metadata }) => job('subnet', metadata.name)),
  };
}
