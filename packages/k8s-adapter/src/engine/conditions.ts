/** From what became of the slots to conditions and a phase. Pure. */
import { type Condition, type ConditionClaim, type Phase, type Reason, reasons } from '@netplane/domain';
import type { SlotOutcome } from './desired.ts';

/** What a status mapper says of a resource. */
export interface Derived {
  readonly conditions: readonly ConditionClaim[];
  /** Types of conditions that inform and decide no phase. */
  readonly advisory: readonly string[];
}

type Words = Partial<Pick<ConditionClaim, 'message' | 'params' | 'waiting_on' | 'operator_detail'>>;

export function isTrue(type: string, reason: Reason, words: Words = {}): ConditionClaim {
  return { type, status: 'true', reason, message: reasons[reason], params: {}, waiting_on: null, ...words };
}

export function isFalse(type: string, reason: Reason, words: Words = {}): ConditionClaim {
  return {
    type,
    status: 'false',
    reason,
    message: reasons[reason],
    params: {},
    waiting_on: 'cluster',
    ...words,
  };
}

export interface Step {
  readonly type: string;
  readonly outcome: SlotOutcome | undefined;
  /** Whether the cluster confirms it. */
  readonly isReady: boolean;
  /** While the cluster has not confirmed it. */
  readonly waiting: ConditionClaim;
}

/** The condition of one step: what went wrong with its object comes before what the cluster says of it. */
export function stepCondition({ type, outcome, isReady, waiting }: Step): ConditionClaim {
  switch (outcome?.state) {
    case 'conflict':
      return isFalse(type, 'Conflict', {
        waiting_on: 'platform',
        ...(outcome.object === undefined ? {} : { operator_detail: describe(outcome) }),
      });
    case 'rejected':
      return isFalse(type, 'Rejected', {
        waiting_on: 'platform',
        operator_detail: outcome.message ?? '',
        params: { final: outcome.isFinal === true ? 'yes' : 'no' },
      });
    case 'held':
      return isFalse(type, outcome.hold ?? 'Pending');
    case 'missing':
    case 'terminating':
      return isFalse(type, 'ObjectMissing');
    default:
      return isReady ? isTrue(type, 'Ready') : waiting;
  }
}

function describe({ object }: SlotOutcome): string {
  const { kind = '', metadata } = object ?? {};
  return `${kind} ${metadata?.namespace === undefined ? '' : `${metadata.namespace}/`}${metadata?.name ?? ''} is not ours`;
}

/** Reasons that no waiting cures: somebody has to change something first. */
const finalReasons: ReadonlySet<string> = new Set<Reason>(['Conflict', 'AdoptedSubnetDiffers']);

export interface PhaseInput {
  readonly isDeleting: boolean;
  /** Whether it has ever been ready at this or an earlier revision. */
  readonly wasReady: boolean;
}

export function decidePhase(derived: Derived, input: PhaseInput): Phase {
  if (input.isDeleting) return 'deleting';
  const deciding = derived.conditions.filter(({ type }) => !derived.advisory.includes(type));
  const open = deciding.filter(({ status }) => status !== 'true');
  if (open.length === 0) return 'ready';
  if (open.some(isFinal)) return 'failed';
  return input.wasReady ? 'degraded' : 'provisioning';
}

function isFinal({ reason, params }: ConditionClaim): boolean {
  return finalReasons.has(reason) || params.final === 'yes';
}

/** The words of what has failed, else of the first open condition: what a list shows. */
export function summaryOf(derived: Derived): string {
  const open = derived.conditions.filter(
    ({ status, type }) => status !== 'true' && !derived.advisory.includes(type),
  );
  return (open.find(isFinal) ?? open[0])?.message ?? '';
}

/** Claims with their bookkeeping: a condition keeps its time while its status stays. */
export function datedConditions(
  claims: readonly ConditionClaim[],
  previous: readonly Condition[],
  at: { readonly now: string; readonly revision: number },
): readonly Condition[] {
  return claims.map((claim) => {
    const before = previous.find(({ type }) => type === claim.type);
    const isSame = before?.status === claim.status;
    return {
      ...claim,
      last_transition_at: isSame ? before.last_transition_at : at.now,
      observed_revision: at.revision,
    };
  });
}
