/** What a look at database and cluster needs, and live reads at a bounded rate. */
import type { KubeClient, KubeObject, KubeRef, KubeType } from '@netplane/k8s-adapter';
import { registeredType } from '@netplane/k8s-adapter';
import { CALL_TIMEOUT_MS, type WorkerContext } from '../context.ts';

export interface LookContext
  extends Pick<WorkerContext, 'database' | 'client' | 'clusterId' | 'installation' | 'signal'> {
  /** Between the two looks at what a worker may be about to notice. */
  readonly lookAgainMs: number;
}

const READS_AT_ONCE = 16;

/** Long enough for a watch to wake a worker. */
export const LOOK_AGAIN_MS = 2_000;

/** A live read of each, so many at once. */
export async function readEach<T>(
  client: KubeClient,
  signal: AbortSignal,
  items: readonly T[],
  refOf: (item: T) => { readonly type: KubeType; readonly ref: KubeRef },
): Promise<ReadonlyMap<T, KubeObject>> {
  const found = new Map<T, KubeObject>();
  const rest = items.values();
  const read = async () => {
    for (const item of rest) {
      const { type, ref } = refOf(item);
      const object = await client.get(type, ref, { signal, timeoutMs: CALL_TIMEOUT_MS });
      if (object !== undefined) found.set(item, object);
    }
  };
  await Promise.all(Array.from({ length: READS_AT_ONCE }, read));
  return found;
}

/** Where a recorded object is. */
export function placeOf(row: {
  readonly api_version: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}) {
  const type = registeredType(row.api_version, row.kind);
  return { type, ref: { namespace: row.namespace === '' ? null : row.namespace, name: row.name } };
}
