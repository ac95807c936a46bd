import { EventQueue } from '../../client/client-node-queue.ts';
import type { KindInfo } from '../kinds.ts';
import type { SimObject } from '../sim-object.ts';
import type { Change } from '../store/history.ts';
import type { Store } from '../store/store.ts';
import { expired } from './api-error.ts';
import { type LabelSelector, matchesSelector } from './label-selector.ts';

interface WatchRequest {
  readonly kind: KindInfo;
  readonly namespace: string | null;
  readonly selector: LabelSelector;
  /** '' or '0': begin with an ADDED event for each object there is. */
  readonly resourceVersion: string;
  readonly timeoutSeconds: number;
  readonly bookmarks: boolean;
}

export type WatchEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: SimObject }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string };

/** All watches of a simulator, and what can go wrong with them on purpose. */
export interface WatchHub {
  /** Throws 410 `Expired` through the queue, as a real server does after its 200. */
  open(request: WatchRequest): EventQueue<WatchEvent>;
  readonly size: number;
  /** Ends every open watch as a server does that restarts. */
  closeAll(): void;
  /** On: open watches and new ones stay open and never say another word. Off: new ones work, the silent stay silent. */
  silence(on: boolean): void;
  /** The next `count` watches begin with 410. */
  expireNext(count: number): void;
  stop(): void;
}

interface Watch {
  readonly request: WatchRequest;
  readonly queue: EventQueue<WatchEvent>;
  silent: boolean;
}

/** A consumer that lags this far behind is cut off, as a real server does. */
const BACKLOG_MAX = 100_000;

export function createWatchHub(store: Store, options: { readonly bookmarkMs: number }): WatchHub {
  const watches = new Map<string, Set<Watch>>();
  let silenced = false;
  let expireNext = 0;

  const stopListening = store.onChange((change) => {
    for (const watch of watches.get(change.kind) ?? []) deliver(watch, change);
  });
  const all = (): Watch[] => [...watches.values()].flatMap((set) => [...set]);

  return {
    open: (request) => {
      const set = watches.get(request.kind.kind) ?? new Set();
      watches.set(request.kind.kind, set);
      const timers = createTimers(request, options, store, () => watch);
      const queue = new EventQueue<WatchEvent>(() => {
        timers.stop();
        set.delete(watch);
      });
      const watch: Watch = { request, queue, silent: silenced };
      set.add(watch);
      const missed = expireNext > 0 ? undefined : eventsSince(store, request);
      if (expireNext > 0) expireNext -= 1;
      if (missed === undefined) {
        queue.fail(
          expired(`too old resource version: ${request.resourceVersion} (${store.resourceVersion})`),
        );
        return queue;
      }
      timers.start();
      if (!watch.silent) for (const event of missed) queue.push(event);
      return queue;
    },
    get size() {
      return all().length;
    },
    closeAll: () => {
      for (const { queue } of all()) queue.end();
    },
    silence: (on) => {
      silenced = on;
      if (on) for (const watch of all()) watch.silent = true;
    },
    expireNext: (count) => {
      expireNext = count;
    },
    stop: () => {
      stopListening();
      for (const { queue } of all()) queue.end();
    },
  };
}

function createTimers(
  request: WatchRequest,
  options: { readonly bookmarkMs: number },
  store: Store,
  watchOf: () => Watch,
) {
  let bookmarks: NodeJS.Timeout | undefined;
  let end: NodeJS.Timeout | undefined;
  const bookmark = (): void => {
    const { queue, silent } = watchOf();
    if (!silent && request.bookmarks) {
      queue.push({ type: 'BOOKMARK', resourceVersion: String(store.resourceVersion) });
    }
  };
  return {
    start: () => {
      bookmarks = setInterval(bookmark, options.bookmarkMs);
      end = setTimeout(() => {
        bookmark(); // a real server sends one shortly before the end, so that the next watch need not go back far
        watchOf().queue.end();
      }, request.timeoutSeconds * 1000);
    },
    stop: () => {
      clearInterval(bookmarks);
      clearTimeout(end);
    },
  };
}

function deliver(watch: Watch, change: Change): void {
  if (watch.silent) return;
  const event = eventOf(watch.request, change);
  if (event === undefined) return;
  watch.queue.push(event);
  if (watch.queue.size > BACKLOG_MAX) watch.queue.end();
}

/** What a change is to a watch with a selector: objects come into and go out of its sight. */
function eventOf(request: WatchRequest, change: Change): WatchEvent | undefined {
  const { object, previous } = change;
  if (request.namespace !== null && object.metadata.namespace !== request.namespace) return undefined;
  const sees = change.type !== 'deleted' && matchesSelector(request.selector, object);
  const saw = previous !== undefined && matchesSelector(request.selector, previous);
  if (sees) return { type: saw ? 'MODIFIED' : 'ADDED', object };
  return saw ? { type: 'DELETED', object } : undefined;
}

/** Events to begin with, `undefined` when they reach back too far. */
function eventsSince(store: Store, request: WatchRequest): readonly WatchEvent[] | undefined {
  const { kind, namespace, selector, resourceVersion } = request;
  if (resourceVersion === '' || resourceVersion === '0') {
    return [...store.collection(kind.kind).values()]
      .map(({ object }) => object)
      .filter((object) => namespace === null || object.metadata.namespace === namespace)
      .filter((object) => matchesSelector(selector, object))
      .map((object) => ({ type: 'ADDED', object }));
  }
  const changes = store.changesAfter(kind.kind, Number(resourceVersion));
  return changes?.map((change) => eventOf(request, change)).filter((event) => event !== undefined);
}
