/** When an EIP is ready: the controller took exactly our address. Pure. */
import type { KubeObject } from '../client/kube-object.ts';
import { type Derived, isFalse, stepCondition } from '../engine/conditions.ts';
import type { SlotOutcome } from '../engine/desired.ts';
import type { OvnEipStatus } from '../manifest/generated/kube-ovn.ts';

export function natEipIsReady(eip: KubeObject | undefined, address: string): boolean {
  const status = eip?.status as OvnEipStatus | undefined; // typed by its CRD
  return status?.ready === true && status.v4Ip === address;
}

export interface EipFindings {
  readonly outcome: SlotOutcome | undefined;
  readonly seen: KubeObject | undefined;
  readonly address: string;
  readonly isDeleting: boolean;
  readonly isUsed: boolean;
  /** Whether the cluster has had the time that it takes. */
  readonly isOverdue: boolean;
  /** What else on the cluster holds the address, in the operator's words; `null` when nobody looked or nothing does. */
  readonly holder: string | null;
}

export function deriveEip(findings: EipFindings): Derived {
  const { outcome, seen, address } = findings;
  if (findings.isDeleting) {
    const reason = findings.isUsed ? 'WaitingForDependents' : 'Deleting';
    return { conditions: [isFalse('Deleted', reason)], advisory: [] };
  }
  const condition = stepCondition({
    type: 'AddressReady',
    outcome,
    isReady: natEipIsReady(seen, address),
    waiting: waiting(findings),
  });
  return { conditions: [condition], advisory: [] };
}

function waiting({ holder, isOverdue }: EipFindings) {
  const type = 'AddressReady';
  if (holder !== null)
    return isFalse(type, 'AddressTaken', { waiting_on: 'platform', operator_detail: holder });
  return isOverdue ? isFalse(type, 'Timeout', { waiting_on: 'platform' }) : isFalse(type, 'Creating');
}
