/** Live reads of everything that an owner has or may get. */
import type { KubeClient } from '../client/kube-client.ts';
import type { KubeObject } from '../client/kube-object.ts';
import type { Slot } from './desired.ts';
import type { OwnedRow } from './plan.ts';

export interface ObserveOptions {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/**
 * What is on the cluster under the rows' names, and under the names of slots that must be looked at before anything is
 * written. Other names without a row cannot be taken: the first write is a POST, which says so if they are.
 */
export async function observe(
  client: KubeClient,
  slots: readonly Slot[],
  rows: readonly OwnedRow[],
  options: ObserveOptions,
): Promise<ReadonlyMap<string, KubeObject>> {
  const known = new Set(rows.map((row) => row.slot));
  const wanted = [
    ...rows.map(({ slot, type, namespace, name }) => ({ slot, type, ref: { namespace, name } })),
    ...slots
      .filter(({ slot, lookFirst }) => lookFirst === true && !known.has(slot))
      .map(({ slot, type, namespace, baseName }) => ({ slot, type, ref: { namespace, name: baseName } })),
  ];
  const found = await Promise.all(
    wanted.map(async ({ slot, type, ref }) => [slot, await client.get(type, ref, options)] as const),
  );
  return new Map(found.flatMap(([slot, object]) => (object === undefined ? [] : [[slot, object] as const])));
}
