/** What would be done for a resource now: its loader, its builder, live reads and the engine's plan. Writes nothing. */
import type { ProvisionedKind } from '@netplane/domain';
import {
  type Action,
  incarnationName,
  type OwnedRow,
  observe,
  planActions,
  type Situation,
} from '@netplane/k8s-adapter';
import { loadClusterWork } from './cluster/cluster.load.ts';
import { CALL_TIMEOUT_MS, type WorkerContext } from './context.ts';
import { loadEipWork } from './eip/eip.load.ts';
import { loadExternalNetworkWork } from './external-network/external-network.load.ts';
import { loadIpRangeWork } from './ip-range/ip-range.load.ts';
import { ownedRow } from './ledger.ts';
import type { Load, Loaded, Pass } from './loaded.ts';
import { loadProjectWork } from './project/project.load.ts';

export const loads = {
  cluster: loadClusterWork,
  'external-network': loadExternalNetworkWork,
  'ip-range': loadIpRangeWork,
  project: loadProjectWork,
  eip: loadEipWork,
} as const satisfies Record<ProvisionedKind, Load>;

export interface Plan {
  readonly seen: Pass['seen'];
  readonly actions: readonly Action[];
}

/** Only reads. */
export async function makePlan(ctx: WorkerContext, loaded: Loaded, signal: AbortSignal): Promise<Plan> {
  const rows = loaded.row.objects.map((row) => ownedRow(row, loaded.slots));
  const seen = await observe(ctx.client, loaded.slots, rows, { signal, timeoutMs: CALL_TIMEOUT_MS });
  const situation: Situation = { seen, nameOf: (slot) => nameOf(loaded, rows, slot) };
  const { owner, slots, row } = loaded;
  const actions = planActions({ owner, slots, desired: loaded.build(situation), rows, seen, now: row.now });
  return { seen, actions };
}

/** Names are chosen once and stored; a slot without a row gets the name of its first incarnation. */
export function nameOf(loaded: Loaded, rows: readonly OwnedRow[], name: string): string {
  const row = rows.find(({ slot }) => slot === name);
  if (row !== undefined) return row.name;
  const slot = loaded.slots.find((candidate) => candidate.slot === name);
  if (slot === undefined) throw new TypeError(`no slot ${name}`);
  return slot.createOnce ? incarnationName(slot.baseName, 1) : slot.baseName;
}
