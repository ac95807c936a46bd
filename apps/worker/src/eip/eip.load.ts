/** Everything that the builder and the status of an EIP need. */
import { type EipWorkRow, finishEip, loadEip, type WorkKey } from '@netplane/db';
import {
  buildEip,
  deriveEip,
  EIP_BUILDER_VERSION,
  type EipValues,
  eipOwner,
  eipSlots,
  natEipIsReady,
} from '@netplane/k8s-adapter';
import type { WorkerContext } from '../context.ts';
import {
  DIAGNOSE_AFTER_SECONDS,
  isOverdue,
  type Load,
  type Loaded,
  type Pass,
  type StatusChange,
  secondsOfObject,
} from '../loaded.ts';

export const loadEipWork: Load = async (ctx, id) => {
  const row = await loadEip(ctx.database, id);
  return row && eipWork(ctx, row);
};

/** What a pass over this row works with. */
export function eipWork(ctx: WorkerContext, row: EipWorkRow): Loaded {
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
    wakesNobody: () => !concernsProject(row),
    wakes: async (_, change) => wakes(row, change),
  };
}

/** The controller says nothing when an address is taken: who has it, once it takes longer than it should. */
async function findHolder(ctx: WorkerContext, row: EipWorkRow, pass: Pass): Promise<string | null> {
  const own = pass.seen.get('eip');
  const isQuick = secondsOfObject(row, 'eip') < DIAGNOSE_AFTER_SECONDS;
  if (isQuick || row.network_subnet === null || natEipIsReady(own, row.address)) return null;
  const holder = await ctx.diagnosis.holderOf(row.network_subnet, row.address, own?.metadata.uid);
  return holder === undefined ? null : `${holder.kind} ${holder.name}`;
}

/** Its project waits for its gateway EIP, and for all of them when it is being deleted. */
function wakes(row: EipWorkRow, change: StatusChange): readonly WorkKey[] {
  if (change === 'nothing' || !concernsProject(row)) return [];
  return [{ kind: 'project', id: row.project_id, organizationId: row.organization_id }];
}

function concernsProject(row: EipWorkRow): boolean {
  return row.purpose === 'gateway' || row.project_is_deleting;
}
