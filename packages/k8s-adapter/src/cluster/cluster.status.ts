/** Whether a cluster is served, and what stands in the way. Pure. */
import { type Derived, isFalse, isTrue, stepCondition } from '../engine/conditions.ts';
import type { SlotOutcome } from '../engine/desired.ts';
import { providerNetworkSlot } from './cluster.manifests.ts';

export interface ClusterFindings {
  readonly outcomes: ReadonlyMap<string, SlotOutcome>;
  readonly providerNetworks: readonly string[];
  readonly isDeleting: boolean;
  /** Whether the API server serves admission policies. */
  readonly guardIsSupported: boolean;
  /** Whether the settings ask for the guard. */
  readonly guardIsWanted: boolean;
}

export function deriveCluster(findings: ClusterFindings): Derived {
  if (findings.isDeleting) return { conditions: [isFalse('Deleted', 'Deleting')], advisory: [] };
  const { outcomes } = findings;
  const networks = findings.providerNetworks.map((name) => {
    const outcome = outcomes.get(providerNetworkSlot(name));
    const step = stepCondition({
      type: `ProviderNetworkReady`,
      outcome,
      isReady: outcome?.object !== undefined,
      waiting: isFalse('ProviderNetworkReady', 'Creating'),
    });
    return { ...step, params: { ...step.params, provider_network: name } };
  });
  const firstOpen = networks.find(({ status }) => status !== 'true') ?? networks[0];
  return {
    conditions: [
      isTrue('Serving', 'Serving'),
      ...(firstOpen === undefined ? [] : [firstOpen]),
      guarded(findings),
    ],
    advisory: ['Guarded'],
  };
}

function guarded({ outcomes, guardIsSupported, guardIsWanted }: ClusterFindings) {
  const type = 'Guarded';
  if (!guardIsSupported) return isFalse(type, 'GuardUnsupported', { waiting_on: 'platform' });
  if (!guardIsWanted) return isFalse(type, 'GuardSwitchedOff', { waiting_on: 'platform' });
  const parts = [...outcomes.values()].filter(({ slot }) => /^(policy|binding)\//.test(slot));
  const isWhole =
    parts.length > 0 &&
    parts.every(({ state }) => state === 'present' || state === 'made' || state === 'applied');
  if (isWhole) return isTrue(type, 'Guarded');
  const refused = parts.find(({ state }) => state === 'rejected');
  if (refused !== undefined) {
    return isFalse(type, 'GuardNotAllowed', {
      waiting_on: 'platform',
      operator_detail: refused.message ?? '',
    });
  }
  return isFalse(type, 'Creating');
}
