/** The word of the cluster on what a pass has made, where it comes at once. */
import type { WorkerContext } from './context.ts';
import type { Loaded, Pass } from './loaded.ts';
import type { Lease } from './reconcile.ts';

/** How long a pass waits for the cluster to confirm what it has just made. */
const CONFIRMATION_MS = 150;

/**
 * Where the cluster mostly takes less time to confirm than another pass would, this one waits for it. The watch shows an
 * object as it was at some version, as a read does; only what has our uid and stays counts.
 */
export async function confirmed(ctx: WorkerContext, loaded: Loaded, pass: Pass, lease: Lease): Promise<Pass> {
  const made = [...pass.outcomes.values()].find(({ state }) => state === 'made');
  if (loaded.isProvisioned === undefined || made?.object === undefined) return pass;
  const { slot, object } = made;
  if (!ctx.arrivals.isWatched(object.kind)) return pass;
  const until = ctx.clock() + CONFIRMATION_MS;
  let latest = pass;
  while (!loaded.isProvisioned(latest)) {
    const arrived = await lease.nextArrival(until - ctx.clock());
    if (arrived === undefined || arrived.metadata.uid !== object.metadata.uid) return latest;
    if (arrived.metadata.deletionTimestamp !== undefined) return latest;
    latest = {
      ...latest,
      outcomes: new Map(latest.outcomes).set(slot, { slot, state: 'present', object: arrived }),
      seen: new Map(latest.seen).set(slot, arrived),
    };
  }
  return latest;
}
