import { type JsonMap, mapAt } from '../json.ts';
import { isTerminating, type SimObject } from '../sim-object.ts';
import { annotation, label } from '../store/indexes.ts';
import type { ClusterView } from './cluster-view.ts';
import { KUBE_OVN_FINALIZER, type Write } from './controller.ts';
import { isManaged, macOf } from './ipam.ts';
import { eipSpec, grantOf } from './ovn-eip.ts';
import { vpcSpec, vpcStatus } from './vpc-format.ts';

interface ExternalStep {
  readonly writes: readonly Write[];
  /** What the status says in turn; see `STALE`. */
  readonly statuses: readonly JsonMap[];
  readonly failed: boolean;
  /** The controller comes back to it. */
  readonly repeat: boolean;
}

const nothing: ExternalStep = { writes: [], statuses: [], failed: false, repeat: false };

/**
 * After a first connection the real controller writes its old status over the new one and corrects that in its next
 * round. Whoever sets `enableExternal: false` just then finds both false, and nothing is ever disconnected: the EIP of
 * the router port outlives the Vpc (seen on the real controller). The order is always this here.
 */
const STALE: JsonMap = { enableExternal: false, extraExternalSubnets: null };

/**
 * Connection of a custom Vpc to external Subnets: one OvnEip `<vpc>-<subnet>` of type lrp each, taken as it is when
 * somebody made it before. Without a gateway node (label `external-gw` and chassis) the EIP is made all the same and
 * the connection never is.
 */
export function reconcileExternal(cluster: ClusterView, vpc: SimObject): ExternalStep {
  const { name } = vpc.metadata;
  const { enableExternal: wanted = false, enableBfd = false, extraExternalSubnets: extra } = vpcSpec(vpc);
  const { enableExternal: connected = false, extraExternalSubnets: present = [] } = vpcStatus(vpc);
  if (name === cluster.settings.defaultVpc || (!wanted && !connected)) return nothing;
  const { externalSubnet } = cluster.settings;
  if (!wanted) {
    const writes = [externalSubnet, ...present].flatMap((subnet) => disconnect(cluster, name, subnet));
    return { ...nothing, writes, statuses: [{ ...STALE, enableBfd }] };
  }
  const targets = extra ?? [externalSubnet];
  const additions = connected ? targets.filter((subnet) => !present.includes(subnet)) : targets;
  const removals = present.filter((subnet) => !(extra ?? []).includes(subnet));
  const attempts = connectAll(cluster, name, additions);
  const writes = [
    ...attempts.writes,
    ...(attempts.failed ? [] : removals.flatMap((subnet) => disconnect(cluster, name, subnet))),
  ];
  if (attempts.failed) return { ...nothing, writes, failed: true };
  const sorted = extra === undefined ? null : [...extra].sort();
  const status = { enableExternal: true, enableBfd, extraExternalSubnets: sorted };
  const isFirst = !connected && attempts.writes.length > 0;
  return { ...nothing, writes, statuses: isFirst ? [status, STALE] : [status], repeat: isFirst };
}

/** Removes the router port's EIP. Whoever made it, its deletion follows the EIP's own rules. */
export function disconnect(cluster: ClusterView, vpc: string, subnet: string): readonly Write[] {
  const key = `${vpc}-${subnet}`;
  const eip = cluster.get('OvnEip', key);
  return eip === undefined || isTerminating(eip) ? [] : [{ verb: 'delete', kind: 'OvnEip', key }];
}

/** One after the other; the first that fails stops the rest. */
function connectAll(
  cluster: ClusterView,
  vpc: string,
  subnets: readonly string[],
): { readonly writes: readonly Write[]; readonly failed: boolean } {
  const writes: Write[] = [];
  for (const name of subnets) {
    const subnet = cluster.get('Subnet', name);
    if (subnet === undefined || mapAt(subnet, 'spec').logicalGateway === true)
      return { writes, failed: true };
    const key = `${vpc}-${name}`;
    const eip = cluster.get('OvnEip', key);
    if (eip === undefined) {
      const created = routerPortEip(cluster, subnet, key);
      if (created === undefined) return { writes, failed: true };
      writes.push(created);
    } else if ((eipSpec(eip).v4Ip ?? '') === '' || (eipSpec(eip).macAddress ?? '') === '') {
      return { writes, failed: true };
    }
    if (!hasGatewayNode(cluster)) return { writes, failed: true };
  }
  return { writes, failed: false };
}

function routerPortEip(cluster: ClusterView, subnet: SimObject, name: string): Write | undefined {
  if (!isManaged(subnet)) return undefined;
  const address = cluster.ipam.next(cluster, subnet);
  if (address === undefined) return undefined;
  const { name: subnetName } = subnet.metadata;
  const mac = macOf(subnetName, name);
  const { labels, spec } = grantOf({ subnet: subnetName, address, mac, type: 'lrp' });
  const metadata = { name, labels, finalizers: [KUBE_OVN_FINALIZER] };
  const object = { apiVersion: 'kubeovn.io/v1', kind: 'OvnEip', metadata, spec };
  return { verb: 'create', kind: 'OvnEip', object };
}

/** Every labelled node needs a chassis, and there must be one. */
function hasGatewayNode(cluster: ClusterView): boolean {
  const nodes = cluster.all('Node').filter((node) => label(node, 'ovn.kubernetes.io/external-gw') === 'true');
  return nodes.length > 0 && nodes.every((node) => annotation(node, 'ovn.kubernetes.io/chassis') !== '');
}
