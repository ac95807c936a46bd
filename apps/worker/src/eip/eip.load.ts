/** Everything that the builder and the status of an EIP need. */
import { type EipWorkRow, finishEip, loadEip, type WorkKey } from '@netplane/db';
import {
  buildEip,
  deriveEip,
  EIP_BUILDER_VERSION,
  type EipValues,
  eipOwner,
  eipSlots,
  listAddressHolders,
  natEipIsReady,
} from '@netplane/k8s-adapter';
import { CALL_TIMEOUT_MS, type WorkerContext } from '../context.ts';
import { DIAGNOSE_AFTER_SECONDS, isOverdue, type Load, type Pass, type StatusChange } from '../loaded.ts';

export const loadEipWork: Load = async (ctx, id) => {
  const row = await loadEip(ctx.database, id);
  if (row === undefined) return undefined;
  const values: EipValues = {
    installation: ctx.installation,
    id: row.id,
    organizationId: row.organization_id,
    projectId: row.project_id,
    address: row.address,
    isDeleting: row.deleting_at !== null,
    subnetName: row.network_subnet,
    isUsed: row.is_used,
  };
  return {
    row,
    owner: eipOwner(values),
    builderVersion: EIP_BUILDER_VERSION,
    slots: eipSlots(values),
    build: (situation) => buildEip(values, situation),
    derive: async (pass) =>
      deriveEip({
        outcome: pass.outcomes.get('eip'),
        seen: pass.seen.get('eip'),
        address: row.address,
        isDeleting: values.isDeleting,
        isUsed: row.is_used,
        isOverdue: isOverdue(ctx, row),
        holder: await findHolder(ctx, row, pass),
      }),
    isProvisioned: (pass) => natEipIsReady(pass.seen.get('eip'), row.address),
    mayFinish: async () => true,
    finish: (claim) => finishEip(ctx.database, claim, row, ctx.settings.QUARANTINE_SECONDS),
    wakes: async (_, change) => wakes(row, change),
  };
};

/** The controller says nothing when an address is taken: who has it, once it takes longer than it should. */
async function findHolder(ctx: WorkerContext, row: EipWorkRow, pass: Pass): Promise<string | null> {
  const own = pass.seen.get('eip');
  const isQuick = row.age_seconds < DIAGNOSE_AFTER_SECONDS;
  if (isQuick || row.network_subnet === null || natEipIsReady(own, row.address)) return null;
  const options = { signal: pass.signal, timeoutMs: CALL_TIMEOUT_MS };
  const holders = await listAddressHolders(ctx.client, row.network_subnet, options);
  const holder = holders.find(({ address, uid }) => address === row.address && uid !== own?.metadata.uid);
  return holder === undefined ? null : `${holder.kind} ${holder.name}`;
}

/** Its project waits for its gateway EIP, and for all of them when it is being deleted. */
function wakes(row: EipWorkRow, change: StatusChange): readonly WorkKey[] {
  const concernsProject = row.purpose === 'gateway' || row.project_is_deleting;
  if (change === 'nothing' || !concernsProject) return [];
  return [{ kind: 'project', id: row.project_id, organizationId: row.organization_id }];
}
