/**
 * Wakes a controller that has stopped trying: Kube-OVN backs off to 16 minutes and ignores objects that were Terminating
 * when it started. Changing an annotation makes it look again; a Subnet is woken by touching its Vpc.
 */
import type { CallOptions, KubeClient } from '../client/kube-client.ts';
import { isKubeError } from '../client/kube-error.ts';
import type { KubeObject, KubeType } from '../client/kube-object.ts';

/** Kube-OVN looks at a Vpc again for annotation keys that contain `.kubernetes.io/`. */
const TOUCHED = 'netplane.ovn.kubernetes.io/touched-at';
const INTERVAL_MS = 10_000;

export interface StuckObject {
  readonly type: KubeType;
  readonly object: KubeObject;
}

/** Touches what was not touched within the last ten seconds. What is gone or changing meanwhile is left alone. */
export async function touchStuck(
  client: KubeClient,
  stuck: readonly StuckObject[],
  now: string,
  options: CallOptions,
): Promise<void> {
  for (const { type, object } of stuck) {
    const { name, namespace, annotations } = object.metadata;
    const last = Date.parse(annotations?.[TOUCHED] ?? '');
    if (Date.parse(now) - last < INTERVAL_MS) continue;
    const patch = { metadata: { annotations: { [TOUCHED]: now } } };
    await client
      .mergePatch(type, { namespace: namespace ?? null, name }, patch, options)
      .catch((error: unknown) => {
        if (!isKubeError(error)) throw error;
      });
  }
}

/** Whether an object has been Terminating for longer than a controller takes. */
export function isLeavingSlowly({ metadata }: KubeObject, now: string): boolean {
  const since = Date.parse(metadata.deletionTimestamp ?? '');
  return Date.parse(now) - since > INTERVAL_MS;
}
