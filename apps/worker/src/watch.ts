/**
 * Turns what happens on the cluster into work. One worker of a cluster watches at a time; the others share the work.
 *
 * Per kind: list, compare with the rows that should be there and with what was seen last, watch from the list's
 * resourceVersion. A watch ends with its time, an error, 410, or silence (the server sends bookmarks): then it begins
 * again, as the cluster that it was, with a list, so nothing that happened meanwhile is missed. Whoever begins to
 * watch has seen nothing yet: it looks at everything once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { listObjectsOfKind, type WorkKey } from '@netplane/db';
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

const WATCH_SECONDS = 240;
/** A real server sends a bookmark about once a minute. */
const SILENCE_MS = 90_000;
const RESTART_MS = 500;
const RESTART_MAX_MS = 10_000;
const BATCH_MS = 10;
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
  let failures = 0;
  while (!signal.aborted) {
    try {
      await watchOnce(ctx, { type, sink, seen, signal });
      failures = 0;
    } catch (err) {
      if (signal.aborted) return;
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
}

async function watchOnce(ctx: WorkerContext, { type, sink, seen, signal }: Watch): Promise<void> {
  const labelSelector = installationSelector(ctx.installation);
  await ctx.session.assertIdentity();
  const list = await ctx.client.list(type, { labelSelector, signal });
  sink(await differences(ctx, type, list.items));
  sink(list.items.filter((item) => isNews(seen, item)).flatMap(ownerOf));
  seen.clear();
  for (const item of list.items) remember(seen, item);
  const silence = new AbortController();
  const watchdog = createWatchdog(silence);
  try {
    const events = ctx.client.watch(type, {
      labelSelector,
      resourceVersion: list.resourceVersion,
      timeoutSeconds: WATCH_SECONDS,
      signal: AbortSignal.any([signal, silence.signal]),
    });
    for await (const event of events) {
      watchdog.alive();
      if (event.type === 'BOOKMARK') continue;
      remember(seen, event.object);
      sink(ownerOf(event.object), event.type === 'DELETED' ? undefined : event.object);
    }
  } finally {
    watchdog.stop();
  }
}

function isNews(seen: Seen, { metadata }: KubeObject): boolean {
  return seen.get(metadata.uid ?? '') !== metadata.resourceVersion;
}

/** What is deleted is forgotten with the next list. */
function remember(seen: Seen, { metadata }: KubeObject): void {
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

/** Owners of objects that should be there and are not, or are others. */
async function differences(
  ctx: WorkerContext,
  type: KubeType,
  items: readonly KubeObject[],
): Promise<readonly WorkKey[]> {
  const rows = await listObjectsOfKind(ctx.database, ctx.clusterId, type.apiVersion, type.kind);
  const there = new Set(items.map(({ metadata }) => metadata.uid));
  return rows
    .filter((row) => row.origin === 'created' && row.uid !== null && !there.has(row.uid))
    .map((row) => ({
      kind: row.owner_kind as ProvisionedKind, // written by the ledger for owners of these kinds
      id: row.owner_id,
      organizationId: row.organization_id,
    }));
}

/** The labels say whom to wake: a hint, since the pass reads everything afresh. */
function ownerOf({ metadata }: KubeObject): readonly WorkKey[] {
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
