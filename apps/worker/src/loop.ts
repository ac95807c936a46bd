/**
 * Claims work, runs it side by side and keeps its leases. A claim is ours until its lease ends by the monotonic clock of
 * this process, which also runs while the process is stopped: a worker that wakes too late writes nothing.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  claimWork,
  extendLeases,
  finishWork,
  LEASE_SECONDS,
  putBackWork,
  type WorkClaim,
} from '@netplane/db';
import { isKubeError, KubeError } from '@netplane/k8s-adapter';
import { clusterKey, type WorkerContext } from './context.ts';
import type { Lease, PassResult } from './reconcile.ts';
import { ClusterIdentityError } from './session.ts';

export interface WorkLoop {
  /** Looks for work now. */
  wake(): void;
  /** Claims that are being worked on. */
  readonly running: number;
  /** Resolves when the signal has ended the loop and what was running is put back. */
  readonly done: Promise<void>;
}

export type Reconcile = (ctx: WorkerContext, claim: WorkClaim, lease: Lease) => Promise<PassResult>;

const POLL_MS = 1_000;
const HEARTBEAT_MS = 5_000;
const MILLISECONDS = 1_000;

interface RunningClaim {
  readonly claim: WorkClaim;
  readonly controller: AbortController;
  leaseEndsAt: number;
}

export function startLoop(ctx: WorkerContext, reconcile: Reconcile): WorkLoop {
  const running = new Map<string, RunningClaim>();
  let wakeUp: () => void = () => {};
  let isWoken = false;

  function wake(): void {
    isWoken = true;
    wakeUp();
  }

  /** Until somebody wakes us, or for as long as a poll takes. */
  async function rest(): Promise<void> {
    if (!isWoken) {
      const { promise, resolve } = Promise.withResolvers<void>();
      wakeUp = resolve;
      await Promise.race([promise, sleep(POLL_MS, undefined, { signal: ctx.signal }).catch(() => {})]);
    }
    isWoken = false;
  }

  async function claimMore(): Promise<number> {
    const count = ctx.settings.WORKER_CONCURRENCY - running.size;
    if (count <= 0) return 0;
    const claimedAt = ctx.clock();
    const claims = await claimWork(ctx.database, { clusterId: ctx.clusterId, holder: ctx.holder, count });
    for (const claim of claims) {
      const entry: RunningClaim = {
        claim,
        controller: new AbortController(),
        leaseEndsAt: claimedAt + LEASE_SECONDS * MILLISECONDS,
      };
      const key = `${claim.kind} ${claim.id} ${claim.claim}`;
      running.set(key, entry);
      void work(ctx, entry, reconcile).finally(() => {
        running.delete(key);
        wake();
      });
    }
    return claims.length;
  }

  async function run(): Promise<void> {
    while (!ctx.signal.aborted) {
      const claimed = await claimMore().catch((err: unknown) => {
        ctx.log.warn({ err }, 'work could not be claimed');
        return 0;
      });
      if (claimed === 0) await rest();
    }
    await Promise.race([allDone(running), sleep(LEASE_SECONDS * MILLISECONDS)]);
  }

  const heartbeat = setInterval(() => void keepLeases(ctx, running), HEARTBEAT_MS);
  ctx.signal.addEventListener('abort', () => wake(), { once: true });
  return {
    wake,
    get running() {
      return running.size;
    },
    done: run().finally(() => clearInterval(heartbeat)),
  };
}

async function allDone(running: ReadonlyMap<string, RunningClaim>): Promise<void> {
  while (running.size > 0) await sleep(20);
}

/** What is not extended any more is somebody else's: its work is aborted. */
async function keepLeases(ctx: WorkerContext, running: ReadonlyMap<string, RunningClaim>): Promise<void> {
  const entries = [...running.values()];
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

async function work(ctx: WorkerContext, entry: RunningClaim, reconcile: Reconcile): Promise<void> {
  const { claim, controller } = entry;
  const lease: Lease = {
    signal: AbortSignal.any([controller.signal, ctx.signal]),
    assertOutlives(milliseconds) {
      if (entry.leaseEndsAt - ctx.clock() <= milliseconds) throw new LeaseTooShortError();
    },
  };
  const started = ctx.clock();
  try {
    const result = await reconcile(ctx, claim, lease);
    await conclude(ctx, claim, result);
    ctx.metrics.observePass(claim.kind, result.next, (ctx.clock() - started) / MILLISECONDS);
  } catch (error) {
    ctx.metrics.observePass(claim.kind, 'error', (ctx.clock() - started) / MILLISECONDS);
    await concludeError(ctx, claim, error);
  }
}

async function conclude(ctx: WorkerContext, claim: WorkClaim, result: PassResult): Promise<void> {
  if (result.next === 'finish') await finishWork(ctx.database, claim);
  if (result.next === 'again') await putBackWork(ctx.database, claim, result.seconds);
}

class LeaseTooShortError extends Error {
  constructor() {
    super('the lease does not outlive another call');
    this.name = 'LeaseTooShortError';
  }
}

const RETRY_SECONDS_MAX = 20;

/** Nothing that goes wrong here is final: the item is tried again, later each time; at once when it is us who stop. */
async function concludeError(ctx: WorkerContext, claim: WorkClaim, error: unknown): Promise<void> {
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
  await putBackWork(ctx.database, claim, seconds).catch((err: unknown) => {
    ctx.log.warn({ err, kind, id }, 'work could not be put back; its lease will end');
  });
}

function isExpected(error: unknown): boolean {
  return (
    isKubeError(error) ||
    error instanceof LeaseTooShortError ||
    error instanceof ClusterIdentityError ||
    (error instanceof Error && error.name === 'AbortError')
  );
}
