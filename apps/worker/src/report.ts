/** Writes what a pass found where it changed, and tells whoever waits for it. */
import {
  type ClaimEnd,
  finishWork,
  putBackWork,
  reportAndConclude,
  reportStatus,
  type StatusReport,
  type WorkClaim,
} from '@netplane/db';
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
  loaded: Loaded,
  derived: Derived,
  options: ReportOptions,
): Promise<StatusChange> {
  const status = statusOf(loaded, derived, options);
  if (isSame(loaded, status)) return 'nothing';
  const told = { ...status, announces: ctx.announceStatus.takeTurn() };
  if (!(await reportStatus(ctx.database, claim, told))) return 'nothing';
  announce(ctx, claim, told);
  return options.phase === loaded.row.phase ? 'status' : 'phase';
}

/** The report and the end of the claim at once, for a pass that nobody else has to hear of. */
export async function reportAndEnd(
  ctx: WorkerContext,
  claim: WorkClaim,
  loaded: Loaded,
  derived: Derived,
  options: ReportOptions,
): Promise<ClaimEnd> {
  const { nextTrySeconds: seconds } = options;
  const status = statusOf(loaded, derived, options);
  if (isSame(loaded, status)) {
    return seconds === null ? finishWork(ctx.database, claim) : putBackWork(ctx.database, claim, seconds);
  }
  const told = { ...status, announces: ctx.announceStatus.takeTurn() };
  const { isWritten, end } = await reportAndConclude(ctx.database, claim, told);
  if (isWritten) announce(ctx, claim, told);
  return end;
}

/** What a pass would report. */
export function statusOf({ row }: Loaded, derived: Derived, options: ReportOptions): StatusReport {
  const at = { now: row.now, revision: row.revision };
  const conditions = datedConditions(derived.conditions, row.conditions, at);
  return { ...options, conditions, message: summaryOf(derived), observedRevision: row.revision };
}

/** Whether the row says so already. */
export function isSame({ row }: Loaded, status: StatusReport): boolean {
  return (
    status.phase === row.phase &&
    row.observed_revision === row.revision &&
    row.status_message === status.message &&
    sameConditions(status.conditions, row.conditions)
  );
}

function announce(
  ctx: WorkerContext,
  { kind, id }: WorkClaim,
  { announces, conditions }: StatusReport,
): void {
  if (announces !== true) ctx.announceStatus.notify(id);
  for (const { operator_detail: detail, reason, status, type } of conditions) {
    if (detail !== undefined && status !== 'true') ctx.log.warn({ kind, id, type, reason, detail }, 'stuck');
  }
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
