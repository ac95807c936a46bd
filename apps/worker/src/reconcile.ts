/**
 * The only entry to a resource: creation, change, deletion, drift and recovery take this one path. Everything is read
 * afresh; the next pass starts from nothing but rows and the cluster.
 */
import { type ClaimEnd, type EipWorkRow, listClusterObjects, mayDisrupt, type WorkClaim } from '@netplane/db';
import { assertNever, type Phase } from '@netplane/domain';
import {
  type Action,
  applyActions,
  type Derived,
  decidePhase,
  describePlan,
  isDisruption,
  isFalse,
  isKubeError,
  isLeavingSlowly,
  type KubeObject,
  registeredType,
  type SlotOutcome,
  touchStuck,
} from '@netplane/k8s-adapter';
import { confirmed } from './confirmation.ts';
import { CALL_TIMEOUT_MS, clusterKey, type WorkerContext } from './context.ts';
import { eipWork } from './eip/eip.load.ts';
import { keepEpoch } from './epoch.ts';
import { removeLateObjects } from './late-objects.ts';
import { createLedger } from './ledger.ts';
import { DIAGNOSE_AFTER_SECONDS, type Loaded, type Pass, secondsSinceFirstObject } from './loaded.ts';
import { loads, makePlan, type Plan } from './plan.ts';
import { report, reportAndEnd } from './report.ts';
import type { StopReason } from './session.ts';

/** The lease of one claim, as seen by the code that works under it. */
export interface Lease {
  readonly signal: AbortSignal;
  /**
   * The EIP of the claim, read after it and not long ago; `null` where it has to be loaded. Whoever changes anything that
   * it says asks for another pass, and the claim's end knows of that.
   */
  readonly eip: EipWorkRow | null;
  /** @throws Error when the lease would end before a call of that length does */
  readonly assertOutlives: (milliseconds: number) => void;
  /**
   * The next object of the resource that the watch shows; `undefined` where none comes within that time. Somebody else
   * may work meanwhile; where too many wait already, nothing is waited for.
   */
  readonly nextArrival: (milliseconds: number) => Promise<KubeObject | undefined>;
}

export type PassResult = (
  | /** Nothing is left to do until somebody asks again. */ { readonly next: 'finish' }
  | /** The work item went with the deleted row. */ { readonly next: 'gone' }
  | { readonly next: 'again'; readonly seconds: number }
) & {
  /** How the claim has ended, where the report has ended it; else its holder does. */
  readonly end?: ClaimEnd;
  /** What the pass has taken into account. */
  readonly seen?: Pass['seen'];
};

/** @throws KubeError, NetplaneError: the caller puts the work back */
export async function reconcile(ctx: WorkerContext, claim: WorkClaim, lease: Lease): Promise<PassResult> {
  const { loaded, stopped } = await loadAndAsk(ctx, claim, lease);
  if (loaded === undefined) {
    const isLeft = await removeLateObjects(ctx, claim, lease);
    return isLeft ? { next: 'again', seconds: LATE_AGAIN_SECONDS } : { next: 'finish' };
  }
  if (stopped === 'ClusterIdentityChanged') return reportStopped(ctx, claim, loaded, stopped, null);
  try {
    return await runPass(ctx, claim, loaded, lease, stopped);
  } catch (error) {
    const isLasting = claim.attempts >= UNREACHABLE_AFTER_ATTEMPTS && !lease.signal.aborted;
    if (isLasting && isUnreachable(error))
      await reportStopped(ctx, claim, loaded, 'ClusterUnreachable', null);
    throw error;
  }
}

async function loadAndAsk(ctx: WorkerContext, { kind, id }: WorkClaim, { eip }: Lease) {
  if (kind === 'cluster') {
    const loaded = await loads.cluster(ctx, id); // it finds out what the answer will be
    if (loaded !== undefined) await keepEpoch(ctx).catch(unlessUnanswered); // its mode may be news
    return { loaded, stopped: await ctx.session.stopReason() };
  }
  const load = eip === null ? loads[kind](ctx, id) : eipWork(ctx, eip);
  const [loaded, stopped] = await Promise.all([load, ctx.session.stopReason()]);
  return { loaded, stopped };
}

const LATE_AGAIN_SECONDS = 1;

/** A moment without an answer is no news. */
const UNREACHABLE_AFTER_ATTEMPTS = 4;

/** A cluster that does not answer is found out by the pass itself, which can say so. */
function unlessUnanswered(error: unknown): void {
  if (!isKubeError(error)) throw error;
}

function isUnreachable(error: unknown): boolean {
  return isKubeError(error) && [0, 502, 503, 504].includes(error.status);
}

async function runPass(
  ctx: WorkerContext,
  claim: WorkClaim,
  loaded: Loaded,
  lease: Lease,
  stopped: StopReason | null,
): Promise<PassResult> {
  const plan = await makePlan(ctx, loaded, lease.signal);
  if (stopped !== null) return reportStopped(ctx, claim, loaded, stopped, plan.actions);
  if (!(await mayCarryOut(ctx, loaded, plan.actions))) {
    return reportStopped(ctx, claim, loaded, 'PlanHeld', plan.actions);
  }
  const pass = await carryOut(ctx, claim, loaded, plan, lease);
  if (loaded.row.deleting_at !== null) {
    if (await removeLateObjects(ctx, claim, lease)) return { next: 'again', seconds: LATE_AGAIN_SECONDS };
    if (await isGone(ctx, claim, loaded)) return finish(ctx, claim, loaded, pass);
  }
  return settle(ctx, claim, loaded, await confirmed(ctx, loaded, pass, lease));
}

async function finish(ctx: WorkerContext, claim: WorkClaim, loaded: Loaded, pass: Pass): Promise<PassResult> {
  if (!(await loaded.finish(claim))) return { next: 'again', seconds: 1 };
  ctx.announceStatus.notify(claim.id);
  await ctx.enqueue(await loaded.wakes(pass, 'gone'));
  return { next: 'gone' };
}

async function carryOut(
  ctx: WorkerContext,
  claim: WorkClaim,
  loaded: Loaded,
  { seen, actions }: Plan,
  lease: Lease,
): Promise<Pass> {
  const outcomes = await applyActions(
    {
      client: ctx.client,
      ledger: createLedger({
        ...ctx,
        ...loaded,
        claim: claim.claim,
        lastIncarnations: loaded.row.last_incarnations,
      }),
      owner: loaded.owner,
      slots: loaded.slots,
      assertLease: () => lease.assertOutlives(CALL_TIMEOUT_MS),
      assertIdentity: () => ctx.session.assertIdentity(),
      signal: lease.signal,
      timeoutMs: CALL_TIMEOUT_MS,
    },
    actions,
  );
  return { outcomes: bySlot(outcomes), seen: seenAfter(seen, outcomes), signal: lease.signal };
}

/** An API call asked for whatever comes with a new revision or a deletion. */
async function mayCarryOut(
  ctx: WorkerContext,
  { row }: Loaded,
  actions: readonly Action[],
): Promise<boolean> {
  const isAsked = row.deleting_at !== null || row.revision > row.observed_revision;
  const disruptions = actions.filter(isDisruption).length;
  if (isAsked || disruptions === 0) return true;
  const isAllowed = await mayDisrupt(
    ctx.database,
    ctx.clusterId,
    disruptions,
    ctx.settings.MAX_UNASKED_DISRUPTIONS,
  );
  if (!isAllowed) {
    ctx.session.forget();
    await ctx.enqueue([clusterKey(ctx.clusterId)]); // it says so itself
  }
  return isAllowed;
}

function bySlot(outcomes: readonly SlotOutcome[]): ReadonlyMap<string, SlotOutcome> {
  return new Map(outcomes.map((outcome) => [outcome.slot, outcome]));
}

function seenAfter(before: Pass['seen'], outcomes: readonly SlotOutcome[]): Pass['seen'] {
  const after = new Map(before);
  for (const { slot, state, object } of outcomes) {
    if (state === 'gone') after.delete(slot);
    else if (object !== undefined && state !== 'conflict') after.set(slot, object);
  }
  return after;
}

/** Everything of the resource is gone when no row of its objects is left and what must go before it has gone. */
async function isGone(ctx: WorkerContext, claim: WorkClaim, loaded: Loaded): Promise<boolean> {
  const left = await listClusterObjects(ctx.database, claim.kind, claim.id);
  return left.length === 0 && (await loaded.mayFinish());
}

const WATCHED_AGAIN_SECONDS = 5;
const STUCK_AGAIN_SECONDS = 20;
const DELETING_AGAIN_SECONDS = 2;

async function settle(ctx: WorkerContext, claim: WorkClaim, loaded: Loaded, pass: Pass): Promise<PassResult> {
  await touch(ctx, loaded, pass);
  const derived = await loaded.derive(pass);
  const phase = decidePhase(derived, {
    isDeleting: loaded.row.deleting_at !== null,
    wasReady: loaded.row.phase === 'ready' || loaded.row.phase === 'degraded',
  });
  const seconds = isSettled(derived, phase) ? null : againAfter(phase, claim.attempts, loaded.row);
  const isProvisioned = loaded.isProvisioned?.(pass) ?? false;
  const options = { phase, nextTrySeconds: seconds, isProvisioned };
  const result: PassResult = seconds === null ? { next: 'finish' } : { next: 'again', seconds };
  const { seen } = pass;
  // whoever is woken must find the report, and the claim lasts until they are enqueued; mostly there is nobody
  if (loaded.wakesNobody?.(pass) === true) {
    return { ...result, seen, end: await reportAndEnd(ctx, claim, loaded, derived, options) };
  }
  const change = await report(ctx, claim, loaded, derived, options);
  await ctx.enqueue(await loaded.wakes(pass, change));
  return { ...result, seen };
}

/** What is ready may still show a step that the cluster has yet to confirm, and that no watch reports. */
export function isSettled(derived: Derived, phase: Phase): boolean {
  return phase === 'ready' && derived.conditions.every((each) => each.waiting_on !== 'cluster');
}

/** Objects that leave slowly, and those that the kind says its controller has forgotten. */
async function touch(ctx: WorkerContext, loaded: Loaded, pass: Pass): Promise<void> {
  const { now } = loaded.row;
  const leaving = [...pass.outcomes.values()].flatMap(({ state, object }) =>
    state === 'leaving' && object !== undefined && isLeavingSlowly(object, now) ? [object] : [],
  );
  const stuck = [...leaving, ...(loaded.stuck?.(pass) ?? [])].map((object) => ({
    object,
    type: registeredType(object.apiVersion, object.kind),
  }));
  await touchStuck(ctx.client, stuck, now, { signal: pass.signal, timeoutMs: CALL_TIMEOUT_MS });
}

/** The watch wakes sooner; this is for what no watch sees. */
function againAfter(phase: Phase, attempts: number, row: Loaded['row']): number {
  switch (phase) {
    case 'suspended':
    case 'failed':
      return STUCK_AGAIN_SECONDS;
    case 'deleting':
      return Math.min(DELETING_AGAIN_SECONDS * 2 ** Math.min(attempts - 1, 4), STUCK_AGAIN_SECONDS);
    case 'ready':
    case 'pending':
    case 'provisioning':
    case 'degraded':
      return Math.min(
        WATCHED_AGAIN_SECONDS * 2 ** Math.min(attempts - 1, 2),
        STUCK_AGAIN_SECONDS,
        secondsToDiagnosis(row),
      );
    default:
      return assertNever(phase);
  }
}

/** However many events have brought us here, the cause is looked for as soon as a step has taken long. */
function secondsToDiagnosis(row: Loaded['row']): number {
  const age = Math.min(row.age_seconds, secondsSinceFirstObject(row) ?? row.age_seconds);
  return age < DIAGNOSE_AFTER_SECONDS ? DIAGNOSE_AFTER_SECONDS - age : Number.POSITIVE_INFINITY;
}

const STOPPED_AGAIN_SECONDS = 30;

/**
 * Nothing is written: the row says why, and what would be. What a cluster holds keeps its phase, the cluster itself is
 * suspended.
 */
async function reportStopped(
  ctx: WorkerContext,
  claim: WorkClaim,
  loaded: Loaded,
  reason: StopReason | 'ClusterUnreachable',
  /** `null` where the cluster could not be looked at. */
  actions: readonly Action[] | null,
): Promise<PassResult> {
  const { row } = loaded;
  const kept = row.conditions.filter(({ type }) => type !== 'Managed');
  const managed = isFalse('Managed', reason, {
    waiting_on: 'platform',
    ...(actions === null ? {} : describePlan(actions)),
  });
  const derived: Derived = { conditions: [...kept, managed], advisory: [] };
  const clusterPhase = reason === 'ClusterUnreachable' ? 'degraded' : 'suspended';
  const ownPhase = claim.kind === 'cluster' ? clusterPhase : row.phase;
  await report(ctx, claim, loaded, derived, {
    phase: row.deleting_at === null ? ownPhase : 'deleting',
    nextTrySeconds: STOPPED_AGAIN_SECONDS,
    isProvisioned: false,
  });
  return { next: 'again', seconds: STOPPED_AGAIN_SECONDS };
}
