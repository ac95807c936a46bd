/**
 * What the watch says of resources that passes of this process are at work on. It is kept for the pass, which may wait
 * for just that; mostly it is the echo of the pass's own write. What the pass has not taken into account when its claim
 * ends is asked for again then. Nothing depends on it: a process that dies with what it kept leaves a lease, and whoever
 * claims next reads everything afresh.
 */
import type { WorkKey } from '@netplane/db';
import type { KubeObject } from '@netplane/k8s-adapter';
import type { KnownVersions } from './known-versions.ts';

type Key = Pick<WorkKey, 'kind' | 'id'>;

export interface Arrivals {
  /** Keeps what arrives for the resource from now on. */
  open(key: Key): Arrival;
  /**
   * @param news the object that has changed; without it the resource is to be looked at in any case
   * @returns whether a pass is at work on the resource, which is then told
   */
  offer(key: Key, news: KubeObject | undefined): boolean;
  /** Says that this process watches a Kubernetes kind, until the function that it returns is called. */
  watch(kubernetesKind: string): () => void;
  isWatched(kubernetesKind: string): boolean;
}

export interface Arrival {
  /**
   * The next object of the resource that the watch shows; `undefined` after so many milliseconds, when the signal
   * aborts, and when there is something that only a new pass can look at.
   */
  next(milliseconds: number, signal: AbortSignal): Promise<KubeObject | undefined>;
  /** @returns whether something has arrived that no pass has taken into account */
  close(known: Pick<KnownVersions, 'has'>): boolean;
}

interface Kept extends Arrival {
  take(news: KubeObject | undefined): void;
}

export function createArrivals(): Arrivals {
  const open = new Map<string, Kept>();
  const watched = new Map<string, number>();
  const nameOf = ({ kind, id }: Key) => `${kind} ${id}`;
  const countWatch = (kind: string, by: number) => watched.set(kind, (watched.get(kind) ?? 0) + by);
  return {
    open(key) {
      const name = nameOf(key);
      const kept = keepArrivals(() => {
        if (open.get(name) === kept) open.delete(name);
      });
      open.set(name, kept);
      return kept;
    },
    offer(key, news) {
      const kept = open.get(nameOf(key));
      kept?.take(news);
      return kept !== undefined;
    },
    watch(kind) {
      countWatch(kind, 1);
      return () => countWatch(kind, -1);
    },
    isWatched: (kind) => (watched.get(kind) ?? 0) > 0,
  };
}

function keepArrivals(onClose: () => void): Kept {
  /** The latest version of each object, by uid. */
  const versions = new Map<string, string>();
  /** Of those the ones that nobody has asked for yet. */
  const unread = new Map<string, KubeObject>();
  let isBeyondPass = false;
  let wake: () => void = () => {};

  return {
    take(news) {
      const { uid, resourceVersion } = news?.metadata ?? {};
      if (news === undefined || uid === undefined || resourceVersion === undefined) {
        isBeyondPass = true;
      } else {
        versions.set(uid, resourceVersion);
        unread.set(uid, news);
      }
      wake();
    },
    async next(milliseconds, signal) {
      if (unread.size === 0 && !isBeyondPass && !signal.aborted && milliseconds > 0) {
        await untilWoken(milliseconds, signal, (resolve) => {
          wake = resolve;
        });
      }
      if (isBeyondPass) return undefined;
      const [first] = unread;
      if (first === undefined) return undefined;
      unread.delete(first[0]);
      return first[1];
    },
    close(known) {
      onClose();
      return isBeyondPass || [...versions].some(([uid, version]) => !known.has(uid, version));
    },
  };
}

async function untilWoken(
  milliseconds: number,
  signal: AbortSignal,
  onWake: (resolve: () => void) => void,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const end = () => resolve();
  const timer = setTimeout(end, milliseconds);
  signal.addEventListener('abort', end, { once: true });
  onWake(end);
  await promise;
  clearTimeout(timer);
  signal.removeEventListener('abort', end);
}
