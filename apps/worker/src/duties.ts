/** Runs duties on time: some by every worker, some by whoever holds the duty's lease. */
import { setTimeout as sleep } from 'node:timers/promises';
import { leaveDuty, takeDuty } from '@netplane/db';
import type { WorkerContext } from './context.ts';
import type { Duty } from './resync.ts';

const LEASE_SECONDS = 15;
const RENEW_MS = 5_000;

/** Every worker on its own. */
export async function runEach(ctx: WorkerContext, duties: readonly Duty[]): Promise<void> {
  await Promise.all(duties.map((duty) => repeat(ctx, duty, () => duty.run(ctx))));
}

/** One worker at a time; another takes over when this one stops, or when the lease runs out. */
export async function runShared(ctx: WorkerContext, duties: readonly Duty[]): Promise<void> {
  const perDuty = duties.map(async (duty) => {
    await repeat(ctx, { ...duty, everyMs: Math.min(duty.everyMs, RENEW_MS) }, createSharedRun(ctx, duty));
    await leaveDuty(ctx.database, duty.name, ctx.holder).catch(() => {});
  });
  await Promise.all(perDuty);
}

function createSharedRun(ctx: WorkerContext, duty: Duty): () => Promise<void> {
  let dueAt = Number.NEGATIVE_INFINITY;
  let renewAt = Number.NEGATIVE_INFINITY;
  return async () => {
    const now = ctx.clock();
    if (now >= renewAt) {
      if (!(await takeDuty(ctx.database, duty.name, ctx.holder, LEASE_SECONDS)))
        return duty.onElsewhere?.(ctx);
      renewAt = now + RENEW_MS;
    }
    if (now < dueAt) return;
    dueAt = now + duty.everyMs;
    await duty.run(ctx);
  };
}

/** Holds a duty as long as it can and works on it until it is lost. */
export async function runWhileHeld(
  ctx: WorkerContext,
  name: string,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  while (!ctx.signal.aborted) {
    const isOurs = await takeDuty(ctx.database, name, ctx.holder, LEASE_SECONDS).catch(() => false);
    if (isOurs) await workUnderLease(ctx, name, work);
    await rest(ctx, RENEW_MS);
  }
  await leaveDuty(ctx.database, name, ctx.holder).catch(() => {});
}

async function workUnderLease(
  ctx: WorkerContext,
  name: string,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const lost = new AbortController();
  const signal = AbortSignal.any([ctx.signal, lost.signal]);
  const working = work(signal).catch((err: unknown) => ctx.log.error({ err, name }, 'duty ended'));
  while (!signal.aborted) {
    await rest({ signal }, RENEW_MS);
    const isOurs = await takeDuty(ctx.database, name, ctx.holder, LEASE_SECONDS).catch(() => false);
    if (!isOurs) lost.abort(new Error(`the duty ${name} was lost`));
  }
  await working;
}

async function repeat(ctx: WorkerContext, duty: Duty, run: () => Promise<void>): Promise<void> {
  while (!ctx.signal.aborted) {
    await run().catch((err: unknown) => ctx.log.warn({ err, duty: duty.name }, 'duty is tried again'));
    await rest(ctx, duty.everyMs);
  }
}

async function rest({ signal }: { readonly signal: AbortSignal }, milliseconds: number): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => {});
}
