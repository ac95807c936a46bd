/** Duties that come round: looking at everything again, the end of quarantine, numbering events, proving invariants. */
import {
  buryTombstones,
  countDifferences,
  endQuarantine,
  enqueueEverything,
  enqueueUnlisted,
  listQuarantineDue,
  measureQueue,
  sequenceEvents,
} from '@netplane/db';
import { listAddressHolders } from '@netplane/k8s-adapter';
import { CALL_TIMEOUT_MS, clusterKey, type WorkerContext } from './context.ts';
import { findLeaks } from './doctor/examine.ts';
import { LOOK_AGAIN_MS } from './doctor/look.ts';
import { keepEpoch } from './epoch.ts';
import { verifyEips } from './verify.ts';

export interface Duty {
  readonly name: string;
  readonly everyMs: number;
  readonly run: (ctx: WorkerContext) => Promise<void>;
  /** Another worker does it. */
  readonly onElsewhere?: (ctx: WorkerContext) => void;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const CLUSTER_MS = 30 * SECOND;
/** The metric counts all of them, `npm run doctor` names them. */
const LEAKS_LOGGED_MAX = 20;

/** Each is done by one worker at a time. */
export function housekeeping(ctx: WorkerContext): readonly Duty[] {
  return [
    { name: 'sequencer', everyMs: 200, run: numberEvents },
    { name: `quarantine ${ctx.clusterId}`, everyMs: 5 * SECOND, run: releaseQuarantined },
    { name: `resync ${ctx.clusterId}`, everyMs: ctx.settings.RESYNC_SECONDS * SECOND, run: resyncAll },
    { name: `cluster ${ctx.clusterId}`, everyMs: CLUSTER_MS, run: lookAtCluster },
    { name: `epoch ${ctx.clusterId}`, everyMs: 5 * SECOND, run: keepEpoch },
    {
      name: `leaks ${ctx.clusterId}`,
      everyMs: ctx.settings.RESYNC_SECONDS * SECOND,
      run: countLeaks,
      onElsewhere: ({ metrics }) => metrics.setLeaks([]),
    },
    { name: 'tombstones', everyMs: 60 * MINUTE, run: ({ database }) => buryTombstones(database) },
  ];
}

/** Done by every worker for its own metrics. */
export const measuring: readonly Duty[] = [
  {
    name: 'queue depth',
    everyMs: 5 * SECOND,
    run: async (ctx) => ctx.metrics.setQueue(await measureQueue(ctx.database, ctx.clusterId)),
  },
  {
    name: 'invariants',
    everyMs: MINUTE,
    run: async (ctx) => ctx.metrics.setDifferences(await countDifferences(ctx.database)),
  },
];

/** As often as a resync, and no dearer: every kind is listed once, and each row of an object read once. */
async function countLeaks(ctx: WorkerContext): Promise<void> {
  await ctx.session.assertIdentity();
  const { leaks } = await findLeaks({ ...ctx, lookAgainMs: LOOK_AGAIN_MS });
  ctx.metrics.setLeaks(leaks);
  for (const leak of leaks.slice(0, LEAKS_LOGGED_MAX)) ctx.log.warn({ leak }, 'leak');
}

async function numberEvents({ database }: WorkerContext): Promise<void> {
  while ((await sequenceEvents(database)) > 0);
}

/** An address is free again only after a full list of the right cluster shows nothing on it. */
async function releaseQuarantined(ctx: WorkerContext): Promise<void> {
  const due = await listQuarantineDue(ctx.database, ctx.clusterId);
  if (due.length === 0) return;
  await ctx.session.assertIdentity();
  for (const { network_id: networkId, subnet } of due) {
    const options = { signal: ctx.signal, timeoutMs: CALL_TIMEOUT_MS };
    const holders = await listAddressHolders(ctx.client, subnet, options);
    await endQuarantine(
      ctx.database,
      networkId,
      holders.map(({ address }) => address),
    );
  }
}

/** What belongs to the cluster as a whole has no watch: the admission policies are not served everywhere. */
async function lookAtCluster(ctx: WorkerContext): Promise<void> {
  await ctx.enqueue([clusterKey(ctx.clusterId)]);
}

/** Spread over the period, so that a resync is no burst; EIPs by one list of them all. */
async function resyncAll(ctx: WorkerContext): Promise<void> {
  await enqueueAgain(ctx, ctx.settings.RESYNC_SECONDS / 2);
  if ((await ctx.session.stopReason()) === null) await verifyEips(ctx, ctx.signal);
}

/** Whatever no list of EIPs answers for. While the work is stopped every resource says so itself. */
export async function enqueueAgain(ctx: WorkerContext, overSeconds: number): Promise<void> {
  const isStopped = (await ctx.session.stopReason()) !== null;
  const enqueue = isStopped ? enqueueEverything : enqueueUnlisted;
  await enqueue(ctx.database, ctx.clusterId, overSeconds);
}
