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
    if (Math.abs(Date.parse(now) - last) < INTERVAL_MS) continue; // later than now: by a clock that was set back
    const patch = { metadata: { annotations: { [TOUCHED]: now } } };
    await client
      .mergePatch(type, { namespace: namespace ?? null, name }, patch, options)
      .catch((error: unknown) => {
        if (!isKubeError(error)) throw error;
      });
  }
}

/**
 * Whether an object has been Terminating for longer than a controller takes. The cluster's clock says since when, the
 * database's what time it is: where they disagree, waking the controller does no harm.
 */
export function isLeavingSlowly({ metadata }: KubeObject, now: string): boolean {
  const since = Date.parse(metadata.deletionTimestamp ?? '');
  return Math.abs(Date.parse(now) - since) > INTERVAL_MS;
}
