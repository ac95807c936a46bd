/** When an external network is ready: its Subnet is, and is the one that was described. Pure. */
import type { KubeObject } from '../client/kube-object.ts';
import { type Derived, isFalse, isTrue, stepCondition } from '../engine/conditions.ts';
import type { SlotOutcome } from '../engine/desired.ts';
import { subnetIsReady } from '../project/project.status.ts';

export interface ExternalNetworkFindings {
  readonly outcomes: ReadonlyMap<string, SlotOutcome>;
  readonly subnet: KubeObject | undefined;
  readonly isAdopted: boolean;
  readonly differs: boolean;
  readonly providerNetwork: string | null;
  readonly isOverdue: boolean;
  readonly isDeleting: boolean;
}

export function deriveExternalNetwork(findings: ExternalNetworkFindings): Derived {
  if (findings.isDeleting) return { conditions: [isFalse('Deleted', 'Deleting')], advisory: [] };
  const subnet = stepCondition({
    type: 'SubnetReady',
    outcome: findings.outcomes.get('subnet'),
    isReady: subnetIsReady(findings.subnet),
    waiting: findings.isOverdue
      ? isFalse('SubnetReady', 'SubnetNotReady', { waiting_on: 'platform' })
      : isFalse('SubnetReady', 'Creating'),
  });
  return { conditions: [findings.isAdopted ? adoption(findings) : vlan(findings), subnet], advisory: [] };
}

function adoption({ subnet, differs }: ExternalNetworkFindings) {
  const type = 'Adopted';
  if (subnet === undefined) return isFalse(type, 'AdoptedSubnetMissing', { waiting_on: 'platform' });
  if (differs) return isFalse(type, 'AdoptedSubnetDiffers', { waiting_on: 'platform' });
  return isTrue(type, 'Adopted');
}

function vlan({ outcomes, providerNetwork }: ExternalNetworkFindings) {
  const outcome = outcomes.get('vlan');
  return stepCondition({
    type: 'VlanReady',
    outcome,
    isReady: outcome?.object !== undefined,
    waiting: isFalse('VlanReady', 'ProviderNetworkMissing', {
      params: { provider_network: providerNetwork ?? '' },
    }),
  });
}
