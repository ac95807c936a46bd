/**
 * A POST whose answer was lost may arrive after we have looked, found nothing and let go of its row: then an object of
 * ours stands there that nobody asks for. The watch reports it with its owner's labels, the owner's item comes here, and
 * the row that ended without a uid says that it was our POST.
 */
import { listUnansweredObjects, type WorkClaim } from '@netplane/db';
import { applyActions, type Owner, observe, planActions } from '@netplane/k8s-adapter';
import { CALL_TIMEOUT_MS, type WorkerContext } from './context.ts';
import { createLedger, ownedRow } from './ledger.ts';
import type { Lease } from './reconcile.ts';

/**
 * Deletes what has arrived late for an owner that is going or gone.
 * @returns whether anything of it is still there
 */
export async function removeLateObjects(
  ctx: WorkerContext,
  claim: WorkClaim,
  lease: Lease,
): Promise<boolean> {
  const rows = await listUnansweredObjects(ctx.database, claim.kind, claim.id);
  if (rows.length === 0 || (await ctx.session.stopReason()) !== null) return false;
  const { kind, id } = claim;
  const owner: Owner = { installation: ctx.installation, kind, id, organizationId: null, projectId: null };
  const options = { signal: lease.signal, timeoutMs: CALL_TIMEOUT_MS };
  const apply = {
    ...{ client: ctx.client, owner, slots: [], ...options },
    ledger: createLedger({ ...ctx, owner, builderVersion: 0, claim: claim.claim, lastIncarnations: {} }),
    assertLease: () => lease.assertOutlives(CALL_TIMEOUT_MS),
    assertIdentity: () => ctx.session.assertIdentity(),
  };
  await ctx.session.assertIdentity();
  let isLeft = false;
  for (const { now, ...row } of rows) {
    const owned = [ownedRow(row, [])];
    const seen = await observe(ctx.client, [], owned, options);
    const plan = planActions({ owner, slots: [], desired: [], rows: owned, seen, now });
    const actions = plan.filter((action) => action.do !== 'forget');
    if (actions.length > 0)
      ctx.log.warn({ kind, id, object: row.name }, 'an object arrived late and goes again');
    await applyActions(apply, actions);
    isLeft ||= actions.length > 0;
  }
  return isLeft;
}
