/**
 * One counter in the database and on the cluster, raised every minute, the database's first, with the name of the
 * database that raised it. It tells a database that must not write:
 *
 * - a cluster that is ahead has seen a later state of this database: it was restored from a backup;
 * - a copy carries the name of the database that it was taken from, and waits until the operator lets it manage;
 * - two that are both let to manage: the one that works keeps its cluster while it makes its steps, the other is held.
 *
 * A copy of the data directory has the same name. It finds the counter young and makes no step before the other one
 * does: from then on the cluster is ahead of it.
 */
import {
  bringWorkForward,
  type ClusterWorkRow,
  enqueueAll,
  keepHeldAddresses,
  listNetworkSubnets,
  loadCluster,
  observeAfterRestore,
  raiseEpoch,
  recordDatabaseSurvey,
} from '@netplane/db';
import { listAddressHolders } from '@netplane/k8s-adapter';
import { CALL_TIMEOUT_MS, clusterKey, type WorkerContext } from './context.ts';
import { type InstallationMark, readMark, writeMark } from './installation-mark.ts';
import { operatorReasonOf } from './session.ts';

const STEP_MS = 60_000;
/** After so many steps that did not come another database of this installation counts as stopped. */
const SILENT_MS = 3 * STEP_MS;

/** Cheap: one read of each side, and a write where a step is due. */
export async function keepEpoch(ctx: WorkerContext): Promise<void> {
  const mark = await readMark(ctx); // before the row: the database's counter goes first
  const cluster = await loadCluster(ctx.database, ctx.clusterId);
  if (cluster === undefined) return;
  const why = doubtOf(mark, cluster);
  if (why !== null) return stepBack(ctx, cluster, mark, why);
  if (operatorReasonOf(cluster) !== null) return;
  if (!cluster.needs_survey && ageOf(mark, cluster) < STEP_MS) return;
  const epoch = await raiseEpoch(ctx.database, ctx.clusterId);
  await writeMark(ctx, { epoch, database: cluster.own_database, at: Date.parse(cluster.now) });
  if (cluster.needs_survey) await takeOver(ctx);
}

/** Why this database must not write; `null` where it is the one that works on the cluster, or may begin to. */
function doubtOf(mark: InstallationMark | undefined, cluster: ClusterWorkRow): string | null {
  if (cluster.is_copy) return 'it is a copy of the database that works on the cluster';
  if (mark === undefined) return null;
  if (mark.epoch > cluster.epoch) return 'the cluster has seen a later state of it';
  if (mark.database === '' || mark.database === cluster.own_database) return null;
  if (!cluster.needs_survey) return 'another database of this installation has taken over the cluster';
  if (ageOf(mark, cluster) >= SILENT_MS) return null;
  return 'another database of this installation works on the cluster, or did until a moment ago';
}

function ageOf(mark: InstallationMark | undefined, cluster: ClusterWorkRow): number {
  return mark === undefined ? Number.POSITIVE_INFINITY : Date.parse(cluster.now) - mark.at;
}

async function stepBack(
  ctx: WorkerContext,
  cluster: ClusterWorkRow,
  mark: InstallationMark | undefined,
  why: string,
): Promise<void> {
  if (cluster.mode !== 'manage') return;
  const seen = mark?.epoch ?? cluster.epoch;
  await observeAfterRestore(ctx.database, ctx.clusterId, seen);
  ctx.session.forget();
  await enqueueAll(ctx.database, ctx.clusterId, [clusterKey(ctx.clusterId)]);
  ctx.log.error({ epoch: cluster.epoch, seen, why }, 'nothing more is written with this database');
}

/** Before the first address is given and the first object written: what the cluster holds is out of the pool. */
async function takeOver(ctx: WorkerContext): Promise<void> {
  await ctx.session.assertIdentity();
  for (const { network_id: networkId, subnet } of await listNetworkSubnets(ctx.database, ctx.clusterId)) {
    const options = { signal: ctx.signal, timeoutMs: CALL_TIMEOUT_MS };
    const holders = await listAddressHolders(ctx.client, subnet, options);
    await keepHeldAddresses(
      ctx.database,
      networkId,
      holders.map(({ address, kind, name }) => ({ address, reason: `${kind} ${name}` })),
    );
  }
  await recordDatabaseSurvey(ctx.database, ctx.clusterId);
  ctx.session.forget();
  await bringWorkForward(ctx.database, ctx.clusterId);
  await enqueueAll(ctx.database, ctx.clusterId, [clusterKey(ctx.clusterId)]);
}
