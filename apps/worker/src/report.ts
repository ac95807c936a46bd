/** Writes what a pass found where it changed, and tells whoever waits for it. */
import { reportStatus, type StatusReport, type WorkClaim } from '@netplane/db';
import type { Condition, Phase } from '@netplane/domain';
import { type Derived, datedConditions, summaryOf } from '@netplane/k8s-adapter';
import type { WorkerContext } from './context.ts';
import type { Loaded, StatusChange } from './loaded.ts';

export interface ReportOptions {
  readonly phase: Phase;
  readonly nextTrySeconds: number | null;
  readonly isProvisioned: boolean;
}

export async function report(
  ctx: WorkerContext,
  claim: WorkClaim,
  { row }: Loaded,
  derived: Derived,
  options: ReportOptions,
): Promise<StatusChange> {
  const conditions = datedConditions(derived.conditions, row.conditions, {
    now: row.now,
    revision: row.revision,
  });
  const message = summaryOf(derived);
  const phaseChanged = options.phase !== row.phase;
  const isSame =
    !phaseChanged &&
    row.observed_revision === row.revision &&
    row.status_message === message &&
    sameConditions(conditions, row.conditions);
  if (isSame) return 'nothing';
  const status: StatusReport = { ...options, conditions, message, observedRevision: row.revision };
  const isWritten = await reportStatus(ctx.database, claim, status);
  if (!isWritten) return 'nothing';
  ctx.announceStatus.notify(claim.id);
  for (const { operator_detail: detail, reason, status: value, type } of conditions) {
    if (detail !== undefined && value !== 'true')
      ctx.log.warn({ kind: claim.kind, id: claim.id, type, reason, detail }, 'stuck');
  }
  return phaseChanged ? 'phase' : 'status';
}

function sameConditions(a: readonly Condition[], b: readonly Condition[]): boolean {
  const key = (condition: Condition) =>
    JSON.stringify([
      ...[condition.type, condition.status, condition.reason, condition.message, condition.waiting_on],
      ...[condition.params, condition.observed_revision, condition.operator_detail ?? null],
    ]);
  return (
    a.length === b.length && a.every((condition, index) => key(condition) === key(b[index] ?? condition))
  );
}
