import { mapAt, textAt, textsAt } from '../json.ts';
import type { SimObject } from '../sim-object.ts';
import { annotation, SWITCH_ANNOTATION } from '../store/indexes.ts';
import type { ClusterView } from './cluster-view.ts';
import { again, type Controller, done, job, type Step } from './controller.ts';
import { vpcSpec, vpcStatus } from './vpc-format.ts';
import { annotationsPatch } from './writes.ts';

/** Kube-OVN's part (namespace.go): an annotation says which Subnets a Namespace's Pods go to. */
export const namespaceBindingController: Controller = {
  kind: 'Namespace',
  added: (namespace) => [job('bind-namespace', namespace.metadata.name)],
  updated: (_before, after) =>
    annotation(after, SWITCH_ANNOTATION) === '' ? [job('bind-namespace', after.metadata.name)] : [],
  handlers: { 'bind-namespace': (cluster, { key }) => bindNamespace(cluster, cluster.get('Namespace', key)) },
};

function bindNamespace(cluster: ClusterView, namespace: SimObject | undefined): Step {
  if (namespace === undefined) return done;
  const { name } = namespace.metadata;
  const subnets = subnetsOf(cluster, name);
  if (subnets === undefined) return again;
  const specs = subnets.map((subnet) => mapAt(subnet, 'spec'));
  const wanted = {
    [SWITCH_ANNOTATION]: subnets.map((subnet) => subnet.metadata.name).join(','),
    'ovn.kubernetes.io/cidr': specs.map((spec) => textAt(spec, 'cidrBlock')).join(';'),
    'ovn.kubernetes.io/exclude_ips': specs.map((spec) => textsAt(spec, 'excludeIps').join(',')).join(';'),
  };
  const same = Object.entries(wanted).every(([key, value]) => annotation(namespace, key) === value);
  return same ? done : { writes: [annotationsPatch(namespace, wanted)] };
}

/**
 * The first Subnet, in the order in which the controller goes through them, whose Vpc does not exist. Kube-OVN 1.16.2
 * stops its search there, so that one broken Subnet sends other tenants' new Namespaces to the default VPC (seen on
 * the real controller, whose order is random; here it is that of names).
 */
function brokenSubnet(cluster: ClusterView): string | undefined {
  const broken = cluster.all('Subnet').find((subnet) => {
    const vpc = textAt(mapAt(subnet, 'spec'), 'vpc');
    return vpc !== '' && vpc !== cluster.settings.defaultVpc && cluster.get('Vpc', vpc) === undefined;
  });
  return broken?.metadata.name;
}

/**
 * Subnets that name the Namespace; else the default one of the Vpc that names it; else the default Subnet of the
 * default Vpc, which is how a Pod that comes too early ends up there. `undefined`: not there yet. (Namespace selectors
 * of Subnets are not played.)
 */
function subnetsOf(cluster: ClusterView, namespace: string): readonly SimObject[] | undefined {
  const [vpc] = cluster.find('Vpc', 'namespaces', namespace);
  const broken = brokenSubnet(cluster);
  const named = cluster
    .find('Subnet', 'namespaces', namespace)
    .filter((subnet) => broken === undefined || subnet.metadata.name <= broken);
  const chosen = vpc === undefined ? '' : (vpcSpec(vpc).defaultSubnet ?? '');
  const first = cluster.get('Subnet', chosen);
  const bound = first === undefined ? named : [first, ...named.filter((subnet) => subnet !== first)];
  if (bound.length > 0) return bound;
  const owner = vpc ?? cluster.get('Vpc', cluster.settings.defaultVpc);
  const fallback = owner === undefined ? '' : (vpcStatus(owner).defaultLogicalSwitch ?? '');
  const subnet = cluster.get('Subnet', fallback === '' ? cluster.settings.defaultSubnet : fallback);
  return subnet === undefined ? undefined : [subnet];
}
