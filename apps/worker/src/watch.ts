/**
 * Turns what happens on the cluster into work. One worker of a cluster watches at a time; the others share the work.
 *
 * Per kind: list, compare with the rows that should be there and with what was seen last, watch from the list's
 * resourceVersion. A watch that ends with its time goes on from the last version that it has seen; one that ends with
 * an error, 410, or silence (the server sends bookmarks) begins again with a list. Either way the cluster is first seen
 * to be the one that it was, and nothing that happened meanwhile is missed. Whoever begins to watch has seen nothing
 * yet: it looks at everything once. EIPs are compared with their rows page by page (verify.ts).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { listMadeObjects, type WorkKey } from '@netplane/db';
import { kinds, type OrganizationId, type ProvisionedKind, parseId } from '@netplane/domain';
import {
  installationSelector,
  type KubeObject,
  type KubeType,
  kubeTypes,
  labelKeys,
  watchedKinds,
} from '@netplane/k8s-adapter';
import { clusterKey, type WorkerContext } from './context.ts';
import { ClusterIdentityError } from './session.ts';
import { ownerOf, verifyEips } from './verify.ts';

const WATCH_SECONDS = 240;
/** A real server sends a bookmark about once a minute. */
const SILENCE_MS = 90_000;
const RESTART_MS = 500;
const RESTART_MAX_MS = 10_000;
const BATCH_MS = 5;
/** So many in a row and the cluster's own item shall find out what is wrong. */
const LASTING_FAILURES = 3;

/** Runs until the signal ends it. */
export async function watchCluster(ctx: WorkerContext, signal: AbortSignal): Promise<void> {
  const sink = createSink(ctx);
  await Promise.all(watchedKinds.map((kind) => watchKind(ctx, kubeTypes[kind], sink, signal)));
}

/** @param news the object that has changed; without it the owners are looked at in any case */
type Sink = (keys: readonly WorkKey[], news?: KubeObject) => void;

interface Pending {
  readonly key: WorkKey;
  /** The latest version of each object that has changed, by uid; `null`: look in any case. */
  versions: Map<string, string> | null;
}

/**
 * Gathers what arrives within a moment into one statement. What a pass of this process has made or seen just so is no
 * news: mostly the echo of its own write.
 */
function createSink(ctx: WorkerContext): Sink {
  const pending = new Map<string, Pending>();
  let timer: NodeJS.Timeout | undefined;

  function flush(): void {
    timer = undefined;
    const batch = [...pending.values()].filter(isNews).map(({ key }) => key);
    pending.clear();
    ctx.enqueue(batch).catch((err: unknown) => ctx.log.warn({ err }, 'events could not be enqueued'));
  }

  function isNews({ versions }: Pending): boolean {
    return versions === null || [...versions].some(([uid, version]) => !ctx.known.has(uid, version));
  }

  return (keys, news) => {
    for (const key of keys) {
      if (ctx.arrivals.offer(key, news)) continue; // its pass asks for another one where it has to
      const name = `${key.kind} ${key.id}`;
      const entry = pending.get(name) ?? { key, versions: new Map() };
      pending.set(name, entry);
      const { uid, resourceVersion } = news?.metadata ?? {};
      if (uid === undefined || resourceVersion === undefined) entry.versions = null;
      else entry.versions?.set(uid, resourceVersion);
    }
    if (pending.size > 0 && timer === undefined) timer = setTimeout(flush, BATCH_MS);
  };
}

/** resourceVersions by uid, as they were seen last. */
type Seen = Map<string, string>;

async function watchKind(ctx: WorkerContext, type: KubeType, sink: Sink, signal: AbortSignal): Promise<void> {
  const seen: Seen = new Map();
  let from: string | undefined;
  let failures = 0;
  while (!signal.aborted) {
    try {
      from = await watchOnce(ctx, { type, sink, seen, signal, from });
      failures = 0;
    } catch (err) {
      if (signal.aborted) return;
      from = undefined;
      failures += 1;
      if (err instanceof ClusterIdentityError || failures === LASTING_FAILURES)
        sink([clusterKey(ctx.clusterId)]);
      ctx.log.info({ err, kind: type.kind }, 'watch begins again');
    }
    ctx.session.forget(); // another cluster may answer where this one did
    ctx.metrics.countWatchRestart(type.kind);
    const pause = failures === 0 ? 0 : Math.min(RESTART_MS * 2 ** (failures - 1), RESTART_MAX_MS);
    await sleep(pause, undefined, { signal }).catch(() => {});
  }
}

interface Watch {
  readonly type: KubeType;
  readonly sink: Sink;
  readonly seen: Seen;
  readonly signal: AbortSignal;
  /** Where the last watch has ended in peace; `undefined`: with a list. */
  readonly from: string | undefined;
}

/** @returns the last version that it has seen, when the watch has come to its end. @throws KubeError for any other end */
async function watchOnce(ctx: WorkerContext, watch: Watch): Promise<string> {
  const { type, sink, seen, signal } = watch;
  const labelSelector = installationSelector(ctx.installation);
  await ctx.session.assertIdentity();
  let resourceVersion = watch.from ?? (await look(ctx, watch));
  const silence = new AbortController();
  const watchdog = createWatchdog(silence);
  const unwatch = ctx.arrivals.watch(type.kind);
  try {
    const events = ctx.client.watch(type, {
      labelSelector,
      resourceVersion,
      timeoutSeconds: WATCH_SECONDS,
      signal: AbortSignal.any([signal, silence.signal]),
    });
    for await (const event of events) {
      watchdog.alive();
      if (event.type === 'BOOKMARK') {
        resourceVersion = event.resourceVersion;
        continue;
      }
      resourceVersion = event.object.metadata.resourceVersion ?? resourceVersion;
      if (event.type === 'DELETED') seen.delete(event.object.metadata.uid ?? '');
      else remember(seen, event.object);
      sink(ownersIn(event.object), event.type === 'DELETED' ? undefined : event.object);
    }
    return resourceVersion;
  } finally {
    unwatch();
    watchdog.stop();
  }
}

/** Everything of a kind, once. @returns the version of the list */
async function look(ctx: WorkerContext, watch: Watch): Promise<string> {
  const { type, sink, seen, signal } = watch;
  const fresh: Seen = new Map();
  const compare = (items: readonly KubeObject[]) => {
    for (const item of items) {
      if (isNews(seen, item)) sink(ownersIn(item), item);
      remember(fresh, item);
    }
  };
  const resourceVersion =
    type.kind === kubeTypes.OvnEip.kind
      ? (await verifyEips(ctx, signal, compare)).resourceVersion
      : await lookAtList(ctx, watch, compare);
  seen.clear();
  for (const [uid, version] of fresh) seen.set(uid, version);
  return resourceVersion;
}

function isNews(seen: Seen, { metadata }: KubeObject): boolean {
  return seen.get(metadata.uid ?? '') !== metadata.resourceVersion;
}

/** EIPs are many, and compared with their rows whenever they are listed. */
function remember(seen: Seen, { metadata }: KubeObject): void {
  if (metadata.labels?.[labelKeys.kind] === 'eip') return;
  seen.set(metadata.uid ?? '', metadata.resourceVersion ?? '');
}

function createWatchdog(controller: AbortController) {
  const isSilent = () => controller.abort(new Error('the watch went silent'));
  let timer = setTimeout(isSilent, SILENCE_MS);
  return {
    alive() {
      clearTimeout(timer);
      timer = setTimeout(isSilent, SILENCE_MS);
    },
    stop: () => clearTimeout(timer),
  };
}

/** Whose objects are news, and whose should be there and are not. */
async function lookAtList(
  ctx: WorkerContext,
  { type, sink, signal }: Watch,
  compare: (items: readonly KubeObject[]) => void,
): Promise<string> {
  const labelSelector = installationSelector(ctx.installation);
  const list = await ctx.client.list(type, { labelSelector, signal });
  const there = new Set(list.items.map(({ metadata }) => metadata.uid));
  for await (const rows of listMadeObjects(ctx.database, ctx.clusterId, type.apiVersion, type.kind)) {
    sink(rows.filter(({ uid }) => !there.has(uid ?? '')).map(ownerOf));
  }
  compare(list.items);
  return list.resourceVersion;
}

/** The labels say whom to wake: a hint, since the pass reads everything afresh. */
function ownersIn({ metadata }: KubeObject): readonly WorkKey[] {
  const labels = metadata.labels ?? {};
  const kind = labels[labelKeys.kind];
  const id = labels[labelKeys.id];
  if (kind === undefined || id === undefined || !isProvisioned(kind)) return [];
  const organization = labels[labelKeys.organization];
  const organizationId = organization === undefined ? null : (parseId('organization', organization) ?? null);
  return [{ kind, id, organizationId: organizationId as OrganizationId | null }];
}

function isProvisioned(kind: string): kind is ProvisionedKind {
  return kind in kinds && kinds[kind as ProvisionedKind].provisioned; // `in` has decided
}
