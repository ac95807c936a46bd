/** When an external network is ready: its Subnet is, and is the one that was described. Pure. */
import type { KubeObject } from '../client/kube-object.ts';
import { type Derived, isFalse, isTrue, stepCondition } from '../engine/conditions.ts';
import type { SlotOutcome } from '../engine/desired.ts';
import { subnetIsReady, subnetWaiting } from '../project/project.status.ts';

export interface ExternalNetworkFindings {
  readonly outcomes: ReadonlyMap<string, SlotOutcome>;
  readonly subnet: KubeObject | undefined;
  readonly isAdopted: boolean;
  readonly differs: boolean;
  readonly providerNetwork: string | null;
  readonly providerNetworkIsThere: boolean;
  readonly isOverdue: boolean;
  readonly isDeleting: boolean;
}

export function deriveExternalNetwork(findings: ExternalNetworkFindings): Derived {
  if (findings.isDeleting) return { conditions: [isFalse('Deleted', 'Deleting')], advisory: [] };
  const subnet = stepCondition({
    type: 'SubnetReady',
    outcome: findings.outcomes.get('subnet'),
    isReady: subnetIsReady(findings.subnet),
    waiting: subnetWaiting(findings.subnet, findings.isOverdue),
  });
  return { conditions: [findings.isAdopted ? adoption(findings) : vlan(findings), subnet], advisory: [] };
}

function adoption({ subnet, differs }: ExternalNetworkFindings) {
  const type = 'Adopted';
  if (subnet === undefined) return isFalse(type, 'AdoptedSubnetMissing', { waiting_on: 'platform' });
  if (differs) return isFalse(type, 'AdoptedSubnetDiffers', { waiting_on: 'platform' });
  return isTrue(type, 'Adopted');
}

/** Nothing became of the Vlan where another object of the network is in conflict. */
function vlan({ outcomes, providerNetwork, providerNetworkIsThere }: ExternalNetworkFindings) {
  const type = 'VlanReady';
  const outcome = outcomes.get('vlan');
  const params = { provider_network: providerNetwork ?? '' };
  return stepCondition({
    type,
    outcome,
    isReady: outcome?.object !== undefined,
    waiting: providerNetworkIsThere
      ? isFalse(type, 'Pending')
      : isFalse(type, 'ProviderNetworkMissing', { params }),
  });
}
