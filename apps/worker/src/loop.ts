/**
 * Claims work, runs it side by side and keeps its leases. A claim is ours until its lease ends by the monotonic clock of
 * this process, which also runs while the process is stopped: a worker that wakes too late writes nothing.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ClaimEnd,
  claimWork,
  type EipWorkRow,
  extendLeases,
  finishWork,
  LEASE_SECONDS,
  putBackWork,
  type WorkClaim,
} from '@netplane/db';
import { isKubeError, KubeError } from '@netplane/k8s-adapter';
import type { Arrival } from './arrivals.ts';
import { clusterKey, type WorkerContext } from './context.ts';
import type { Lease, PassResult } from './reconcile.ts';
import { ClusterIdentityError } from './session.ts';

export interface WorkLoop {
  /** Looks for work now. */
  wake(): void;
  /** Resources that are being worked on. */
  readonly running: number;
  /** Resolves when the signal has ended the loop and what was running is put back. */
  readonly done: Promise<void>;
}

export type Reconcile = (ctx: WorkerContext, claim: WorkClaim, lease: Lease) => Promise<PassResult>;

const POLL_MS = 1_000;
const HEARTBEAT_MS = 5_000;
const MILLISECONDS = 1_000;
const ROW_MAX_AGE_MS = 250;

interface HeldClaim {
  readonly claim: WorkClaim;
  /** As it was right after the claim. */
  readonly eip: EipWorkRow | null;
  readonly claimedAt: number;
  readonly controller: AbortController;
  leaseEndsAt: number;
}

export function startLoop(ctx: WorkerContext, reconcile: Reconcile): WorkLoop {
  const concurrency = ctx.settings.WORKER_CONCURRENCY;
  /** Claimed and not ended, whether work on it has begun or not. */
  const held = new Set<HeldClaim>();
  /** Claimed in advance, so that a free hand need not wait for a round trip of its own. */
  const waiting: HeldClaim[] = [];
  let running = 0;
  /** Of those that are held: waiting for the watch, while somebody else works. */
  let resting = 0;
  /** Whether work may be due that was not there when we looked last. */
  let mayBeDue = true;
  let wakeUp: () => void = () => {};

  function wake(): void {
    mayBeDue = true;
    wakeUp();
  }

  /** Until somebody wakes us, or for as long as a poll takes. */
  async function rest(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    wakeUp = resolve;
    const timer = setTimeout(wake, POLL_MS);
    await promise;
    clearTimeout(timer);
  }

  async function claimMore(): Promise<void> {
    mayBeDue = false; // whoever wakes us from here on is looked for again
    const claimedAt = ctx.clock();
    const count = Math.max(2 * concurrency - held.size + resting, 1);
    const { clusterId, holder } = ctx;
    const { claimed, isMoreDue } = await claimWork(ctx.database, { clusterId, holder, count });
    if (isMoreDue) mayBeDue = true;
    const leaseEndsAt = claimedAt + LEASE_SECONDS * MILLISECONDS;
    for (const { claim, eip } of claimed) {
      const entry: HeldClaim = { claim, eip, claimedAt, controller: new AbortController(), leaseEndsAt };
      held.add(entry);
      waiting.push(entry);
    }
    begin();
  }

  function begin(): void {
    while (running < concurrency && !ctx.signal.aborted) {
      const entry = waiting.shift();
      if (entry === undefined) return;
      if (entry.controller.signal.aborted) {
        held.delete(entry); // lost before its turn came
        continue;
      }
      running += 1;
      void work(ctx, { entry, reconcile, restWhile }).then((isDue) => {
        running -= 1;
        held.delete(entry);
        if (isDue) wake();
        begin();
        if (mayBeDue) wakeUp();
      });
    }
  }

  /** Gives the hand to somebody else for as long as the work waits for the watch. */
  async function restWhile<T>(wait: () => Promise<T>): Promise<T | undefined> {
    if (resting >= concurrency) return undefined;
    resting += 1;
    running -= 1;
    if (mayBeDue) wakeUp();
    begin();
    try {
      return await wait();
    } finally {
      resting -= 1;
      running += 1;
    }
  }

  async function run(): Promise<void> {
    while (!ctx.signal.aborted) {
      if (mayBeDue && waiting.length <= concurrency / 2) {
        await claimMore().catch((err: unknown) => ctx.log.warn({ err }, 'work could not be claimed'));
      }
      if (!mayBeDue || waiting.length > concurrency / 2) await rest();
    }
    await Promise.all(waiting.splice(0).map(({ claim }) => putBack(ctx, claim, 0)));
    await Promise.race([allDone(() => running + resting), sleep(LEASE_SECONDS * MILLISECONDS)]);
  }

  const heartbeat = setInterval(() => void keepLeases(ctx, held), HEARTBEAT_MS);
  const stop = () => {
    for (const { controller } of held) controller.abort(ctx.signal.reason);
    wake();
  };
  ctx.signal.addEventListener('abort', stop, { once: true });
  return {
    wake,
    get running() {
      return running + resting;
    },
    done: run().finally(() => clearInterval(heartbeat)),
  };
}

async function allDone(running: () => number): Promise<void> {
  while (running() > 0) await sleep(20);
}

/** What is not extended any more is somebody else's: its work is aborted. */
async function keepLeases(ctx: WorkerContext, held: ReadonlySet<HeldClaim>): Promise<void> {
  const entries = [...held];
  const askedAt = ctx.clock();
  try {
    const kept = await extendLeases(
      ctx.database,
      entries.map(({ claim }) => claim),
    );
    const ids = new Set(kept.map(({ kind, id }) => `${kind} ${id}`));
    for (const entry of entries) {
      if (ids.has(`${entry.claim.kind} ${entry.claim.id}`)) {
        entry.leaseEndsAt = askedAt + LEASE_SECONDS * MILLISECONDS;
      } else {
        entry.controller.abort(new Error('the claim was lost'));
      }
    }
  } catch (err) {
    ctx.log.warn({ err }, 'leases could not be extended');
  }
}

interface Task {
  readonly entry: HeldClaim;
  readonly reconcile: Reconcile;
  readonly restWhile: <T>(wait: () => Promise<T>) => Promise<T | undefined>;
}

/** @returns whether the item is due again at once, for what was asked for meanwhile */
async function work(ctx: WorkerContext, task: Task): Promise<boolean> {
  const { claim } = task.entry;
  const arrival = ctx.arrivals.open(claim);
  const isDue = await workWith(ctx, task, arrival);
  if (!arrival.close(ctx.known)) return isDue;
  await ctx.enqueue([claim]).catch((err: unknown) => ctx.log.warn({ err }, 'events could not be enqueued'));
  return true;
}

async function workWith(
  ctx: WorkerContext,
  { entry, reconcile, restWhile }: Task,
  arrival: Arrival,
): Promise<boolean> {
  const { claim, controller } = entry;
  const { signal } = controller;
  const lease: Lease = {
    signal,
    eip: freshRow(ctx, entry),
    nextArrival: (milliseconds) => restWhile(() => arrival.next(milliseconds, signal)),
    assertOutlives(milliseconds) {
      if (entry.leaseEndsAt - ctx.clock() <= milliseconds) throw new LeaseTooShortError();
    },
  };
  const started = ctx.clock();
  try {
    const result = await reconcile(ctx, claim, lease);
    const end = result.end ?? (await conclude(ctx, claim, result));
    if (end !== 'lost' && result.seen !== undefined) ctx.known.remember(result.seen.values());
    ctx.metrics.observePass(claim.kind, result.next, (ctx.clock() - started) / MILLISECONDS);
    return end === 'due';
  } catch (error) {
    ctx.metrics.observePass(claim.kind, 'error', (ctx.clock() - started) / MILLISECONDS);
    return concludeError(ctx, claim, error);
  }
}

/** What came with a claim that has waited for a hand is read again, and so is what may be deleted. */
function freshRow(ctx: WorkerContext, { eip, claimedAt }: HeldClaim): EipWorkRow | null {
  const isFresh = ctx.clock() - claimedAt < ROW_MAX_AGE_MS;
  return isFresh && eip?.deleting_at === null ? eip : null;
}

async function conclude(ctx: WorkerContext, claim: WorkClaim, result: PassResult): Promise<ClaimEnd> {
  switch (result.next) {
    case 'finish':
      return finishWork(ctx.database, claim);
    case 'again':
      return putBackWork(ctx.database, claim, result.seconds);
    case 'gone':
      return 'ended';
  }
}

class LeaseTooShortError extends Error {
  constructor() {
    super('the lease does not outlive another call');
    this.name = 'LeaseTooShortError';
  }
}

const RETRY_SECONDS_MAX = 20;

/** Nothing that goes wrong here is final: the item is tried again, later each time; at once when it is us who stop. */
async function concludeError(ctx: WorkerContext, claim: WorkClaim, error: unknown): Promise<boolean> {
  const backoff = Math.min(0.25 * 2 ** Math.min(claim.attempts, 10), RETRY_SECONDS_MAX);
  const wanted = error instanceof KubeError ? error.retryAfterSeconds : undefined;
  const seconds = ctx.signal.aborted ? 0 : Math.min(Math.max(wanted ?? 0, backoff), RETRY_SECONDS_MAX);
  const { kind, id } = claim;
  if (isExpected(error)) ctx.log.info({ err: error, kind, id, seconds }, 'tried again');
  else ctx.log.error({ err: error, kind, id, seconds }, 'pass failed');
  if (error instanceof ClusterIdentityError) {
    await ctx
      .enqueue([clusterKey(ctx.clusterId)])
      .catch((err: unknown) => ctx.log.warn({ err }, 'cluster not enqueued'));
  }
  return putBack(ctx, claim, seconds);
}

async function putBack(ctx: WorkerContext, claim: WorkClaim, seconds: number): Promise<boolean> {
  const { kind, id } = claim;
  const end = await putBackWork(ctx.database, claim, seconds).catch((err: unknown) => {
    ctx.log.warn({ err, kind, id }, 'work could not be put back; its lease will end');
  });
  return end === 'due';
}

function isExpected(error: unknown): boolean {
  return (
    isKubeError(error) ||
    error instanceof LeaseTooShortError ||
    error instanceof ClusterIdentityError ||
    (error instanceof Error && error.name === 'AbortError')
  );
}
