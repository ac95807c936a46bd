/** When a project is ready, step by step (docs/errors.md). Pure. */
import type { Condition, ConditionClaim, Reason } from '@netplane/domain';
import type { KubeObject } from '../client/kube-object.ts';
import { type Derived, isFalse, isTrue, stepCondition } from '../engine/conditions.ts';
import type { SlotOutcome } from '../engine/desired.ts';
import type {
  OvnEipStatus,
  OvnSnatRuleStatus,
  SubnetStatus,
  VpcStatus,
} from '../manifest/generated/kube-ovn.ts';
import { LOGICAL_SWITCH_ANNOTATION } from '../manifest/labels.ts';

export function vpcIsStandby(vpc: KubeObject | undefined): boolean {
  return (vpc?.status as VpcStatus | undefined)?.standby === true; // typed by its CRD
}

/** Connected as desired: the controller echoes what it has done. */
export function vpcIsConnected(vpc: KubeObject | undefined, externalSubnet: string | null): boolean {
  const status = vpc?.status as VpcStatus | undefined; // as above
  const isWanted = vpc?.spec?.enableExternal === true;
  return (
    isWanted &&
    status?.enableExternal === true &&
    externalSubnet !== null &&
    (status.extraExternalSubnets ?? []).includes(externalSubnet)
  );
}

/** `Ready` is the only condition to trust: Kube-OVN never resets `Error`. */
export function subnetIsReady(subnet: KubeObject | undefined): boolean {
  const status = subnet?.status as SubnetStatus | undefined; // as above
  return (status?.conditions ?? []).some(({ type, status: value }) => type === 'Ready' && value === 'True');
}

/** What a Subnet waits for that is not ready: with the controller's own words for the operator, where it has some. */
export function subnetWaiting(subnet: KubeObject | undefined, isOverdue: boolean): ConditionClaim {
  const type = 'SubnetReady';
  const status = subnet?.status as SubnetStatus | undefined; // as above
  const refused = (status?.conditions ?? []).find(
    (condition) => condition.type === 'Ready' && condition.status === 'False',
  );
  if (refused === undefined && !isOverdue) return isFalse(type, 'Creating');
  const words = [refused?.reason, refused?.message].filter((word) => word !== undefined && word !== '');
  const detail = words.length === 0 ? {} : { operator_detail: words.join(': ') };
  return isFalse(type, 'SubnetNotReady', { waiting_on: 'platform', ...detail });
}

/** Address, MAC and readiness are written together; a router port has a MAC before it is `ready`. */
export function eipIsReady(eip: KubeObject | undefined): boolean {
  const status = eip?.status as OvnEipStatus | undefined; // as above
  return (status?.macAddress ?? '') !== '' && (status?.v4Ip ?? '') === eip?.spec?.v4Ip;
}

/** A namespace of ours is safe for pods only while it is bound to its own Subnet. */
export function namespaceIsBound(namespace: KubeObject | undefined, subnet: KubeObject | undefined): boolean {
  const bound = namespace?.metadata.annotations?.[LOGICAL_SWITCH_ANNOTATION];
  return bound !== undefined && bound === subnet?.metadata.name;
}

export function snatRuleIsReady(rule: KubeObject | undefined): boolean {
  return (rule?.status as OvnSnatRuleStatus | undefined)?.ready === true; // as above
}

/** What the worker found out where a step takes long. */
export interface ProjectDiagnosis {
  /** Nodes that are gateways to external networks; `null` when nobody looked. */
  readonly gatewayNodes: number | null;
  /** Who holds the router port's address instead of it, in the operator's words. */
  readonly routerPortHolder: string | null;
}

export interface ProjectFindings {
  readonly outcomes: ReadonlyMap<string, SlotOutcome>;
  readonly seen: ReadonlyMap<string, KubeObject>;
  readonly externalSubnet: string | null;
  readonly gatewayEip: { readonly isReady: boolean; readonly condition: Condition | null };
  /** The cluster's own condition: whether an admission policy guards project namespaces. */
  readonly guarded: Condition | null;
  readonly diagnosis: ProjectDiagnosis;
  /** Whether the steps have had the time that they take. */
  readonly isOverdue: boolean;
  readonly isDeleting: boolean;
}

export function deriveProject(findings: ProjectFindings): Derived {
  if (findings.isDeleting) return { conditions: [deletion(findings)], advisory: [] };
  const { outcomes, seen, externalSubnet } = findings;
  const vpc = seen.get('vpc');
  const conditions = [
    stepCondition({
      type: 'VpcReady',
      outcome: outcomes.get('vpc'),
      isReady: vpcIsStandby(vpc),
      waiting: waiting(findings, 'VpcReady', 'VpcNotReady'),
    }),
    stepCondition({
      type: 'SubnetReady',
      outcome: outcomes.get('subnet'),
      isReady: subnetIsReady(seen.get('subnet')),
      waiting: subnetWaiting(seen.get('subnet'), findings.isOverdue),
    }),
    stepCondition({
      type: 'NamespaceReady',
      outcome: outcomes.get('namespace'),
      isReady: namespaceIsBound(seen.get('namespace'), seen.get('subnet')),
      waiting: seen.has('namespace')
        ? isFalse('NamespaceReady', 'NamespaceUnbound')
        : waiting(findings, 'NamespaceReady', 'Timeout'),
    }),
    gatewayEip(findings),
    stepCondition({
      type: 'ExternalConnected',
      outcome: outcomes.get('router-port'),
      isReady: vpcIsConnected(vpc, externalSubnet) && eipIsReady(seen.get('router-port')),
      waiting: connectionWaiting(findings),
    }),
    stepCondition({
      type: 'SnatReady',
      outcome: outcomes.get('snat-rule'),
      isReady: outcomes.get('snat-rule')?.state !== 'leaving' && snatRuleIsReady(seen.get('snat-rule')),
      waiting: waiting(findings, 'SnatReady', 'Timeout'),
    }),
    guard(findings),
  ];
  return { conditions, advisory: ['Guarded'] };
}

/** `Creating` until the step is overdue, then the reason that says who should look at it. */
function waiting(findings: ProjectFindings, type: string, overdue: Reason): ConditionClaim {
  return findings.isOverdue ? isFalse(type, overdue, { waiting_on: 'platform' }) : isFalse(type, 'Creating');
}

function connectionWaiting(findings: ProjectFindings): ConditionClaim {
  const { gatewayNodes, routerPortHolder } = findings.diagnosis;
  const type = 'ExternalConnected';
  if (gatewayNodes === 0) return isFalse(type, 'NoGatewayNode', { waiting_on: 'platform' });
  if (routerPortHolder !== null) {
    return isFalse(type, 'AddressTaken', { waiting_on: 'platform', operator_detail: routerPortHolder });
  }
  return waiting(findings, type, 'NotConnected');
}

/** The gateway EIP is a resource of its own; its reason is shown here too. */
function gatewayEip({ gatewayEip: eip }: ProjectFindings): ConditionClaim {
  const type = 'GatewayEipReady';
  if (eip.isReady) return isTrue(type, 'Ready');
  if (eip.condition === null) return isFalse(type, 'WaitingForGatewayEip');
  const { reason, message, params, waiting_on, operator_detail } = eip.condition;
  const detail = operator_detail === undefined ? {} : { operator_detail };
  return { type, status: 'false', reason, message, params, waiting_on, ...detail };
}

function guard({ guarded }: ProjectFindings): ConditionClaim {
  if (guarded === null) return isFalse('Guarded', 'Pending', { waiting_on: 'platform' });
  const { status, reason, message, params, waiting_on } = guarded;
  return { type: 'Guarded', status, reason, message, params, waiting_on };
}

/** What the deletion waits for: the first thing that is still there. */
function deletion({ outcomes, seen }: ProjectFindings): ConditionClaim {
  const type = 'Deleted';
  const conflict = [...outcomes.values()].find(({ state }) => state === 'rejected');
  if (conflict !== undefined) {
    return isFalse(type, 'Rejected', { waiting_on: 'platform', operator_detail: conflict.message ?? '' });
  }
  if (seen.has('namespace')) return isFalse(type, 'NamespaceTerminating');
  const left = ['snat-rule', 'subnet', 'router-port', 'vpc'].find((slot) => seen.has(slot));
  return isFalse(type, 'Deleting', left === undefined ? {} : { params: { waiting_for: left } });
}
