import { parseAddress, parseCidr } from '@netplane/domain';
import type { VpcSpec, VpcStatus } from '../../manifest/generated/kube-ovn.ts';
import { type JsonMap, mapAt } from '../json.ts';
import type { SimObject } from '../sim-object.ts';
import { throughGo, vpcSpecStruct } from './go-struct.ts';

type StaticRoute = NonNullable<VpcSpec['staticRoutes']>[number];
type PolicyRoute = NonNullable<VpcSpec['policyRoutes']>[number];

/**
 * The spec in the form that the controller gives it: policies of static routes filled in, next hops of policy routes
 * that do not reroute taken out. `undefined` when a route is malformed. `changed` says whether that alone would make
 * the controller write (whatever it then writes goes through its Go struct as well).
 */
export function formatVpc(spec: VpcSpec): { readonly value: JsonMap; readonly changed: boolean } | undefined {
  const { staticRoutes = [], policyRoutes = [] } = spec;
  if (!staticRoutes.every(isValidStatic) || !policyRoutes.every(isValidPolicy)) return undefined;
  const changed = staticRoutes.some(({ policy = '' }) => policy === '') || policyRoutes.some(hasIdleNextHop);
  const formatted = {
    ...spec,
    staticRoutes: staticRoutes.map((route) => ({ ...route, policy: route.policy || 'policyDst' })),
    policyRoutes: policyRoutes.map((route) => (hasIdleNextHop(route) ? { ...route, nextHopIP: '' } : route)),
  };
  return { value: throughGo(vpcSpecStruct, formatted), changed };
}

function isValidStatic({ policy = '', cidr = '', nextHopIP = '' }: StaticRoute): boolean {
  return (
    ['', 'policyDst', 'policySrc'].includes(policy) &&
    (cidr.includes('/') ? parseCidr(cidr).kind !== 'malformed' : isAddress(cidr)) &&
    isAddress(nextHopIP)
  );
}

function isValidPolicy({ action = '', nextHopIP = '' }: PolicyRoute): boolean {
  return action !== 'reroute' || nextHopIP.split(',').every(isAddress);
}

function hasIdleNextHop({ action = '', nextHopIP = '' }: PolicyRoute): boolean {
  return action !== 'reroute' && nextHopIP !== '';
}

function isAddress(text: string): boolean {
  return parseAddress(text).kind !== 'malformed';
}

export function vpcSpec(vpc: SimObject): VpcSpec {
  return mapAt(vpc, 'spec') as VpcSpec; // the schema was checked when it was written
}

export function vpcStatus(vpc: SimObject): VpcStatus {
  return mapAt(vpc, 'status') as VpcStatus; // as above
}
