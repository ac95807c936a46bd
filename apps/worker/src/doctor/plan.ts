/** What the worker would do to the cluster, by resource: its own loaders, builders and engine, without the last step. */
import { listResources } from '@netplane/db';
import type { ProvisionedKind } from '@netplane/domain';
import { type Action, listWrites } from '@netplane/k8s-adapter';
import { loads, makePlan } from '../plan.ts';
import type { DoctorContext } from './session.ts';
import { readFromLists } from './snapshot-client.ts';

export interface PlannedWrite {
  readonly do: 'create' | 'replace' | 'change' | 'delete' | 'conflict';
  /** `<kind>/<name>`. */
  readonly object: string;
  /** What comes first, where it has to wait for something. */
  readonly after: string | null;
}

export interface PlannedResource {
  readonly kind: string;
  readonly id: string;
  readonly writes: readonly PlannedWrite[];
}

const AT_ONCE = 8;

/** Resources whose objects would change, with what would change. Writes nothing. */
export async function planEverything(ctx: DoctorContext): Promise<readonly PlannedResource[]> {
  const client = await readFromLists(ctx);
  const resources = await listResources(ctx.database, ctx.clusterId);
  const planned: PlannedResource[] = [];
  const rest = resources.values();
  const plan = async () => {
    for (const { kind, id } of rest) {
      const writes = await planOne({ ...ctx, client }, kind as ProvisionedKind, id); // a union of provisioned kinds
      if (writes.length > 0) planned.push({ kind, id, writes });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, plan));
  return planned.sort((a, b) => (`${a.kind} ${a.id}` < `${b.kind} ${b.id}` ? -1 : 1));
}

async function planOne(
  ctx: DoctorContext,
  kind: ProvisionedKind,
  id: string,
): Promise<readonly PlannedWrite[]> {
  const loaded = await loads[kind](ctx, id);
  if (loaded === undefined) return [];
  const { actions } = await makePlan(ctx, loaded, ctx.signal);
  return actions.flatMap(wordsOf);
}

function wordsOf(action: Action): readonly PlannedWrite[] {
  if (action.do === 'conflict') {
    const { kind, metadata } = action.seen;
    return [{ do: 'conflict', object: `${kind}/${metadata.name}`, after: null }];
  }
  return listWrites([action]).map(({ verb, kind, metadata }) => ({
    do: action.do === 'recreate' ? 'replace' : verb,
    object: `${kind}/${metadata.name}`,
    after: action.do === 'hold' ? action.desired.hold : null,
  }));
}
