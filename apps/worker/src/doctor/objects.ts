/**
 * Objects against rows, both ways.
 *
 * What is in flight is no leak, by order rather than by waiting: a row is written before its object is made, so an
 * object that was listed before the rows were read has one. A row is ended after its object was seen gone, so what a
 * list does not have is read live before it counts, and its row again after that. Only what somebody took away by hand
 * has to be noticed by a worker first: that is looked at twice, and left alone while the resource's work item is claimed
 * or due.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  findRecordedAsGone,
  listRecordedObjects,
  type RecordedObject,
  type RowState,
  readRowStates,
} from '@netplane/db';
import {
  installationSelector,
  type KubeObject,
  kubeTypes,
  labelKeys,
  registeredType,
  watchedKinds,
} from '@netplane/k8s-adapter';
import type { Difference } from './difference.ts';
import { type LookContext, placeOf, readEach } from './look.ts';

export interface Orphan {
  readonly kind: 'unknown_object' | 'double_object';
  readonly object: KubeObject;
  readonly detail: string;
}

export interface LostRow {
  readonly kind: 'missing_object';
  readonly row: RecordedObject;
  readonly detail: string;
}

export interface Partnerless {
  readonly objects: readonly Orphan[];
  readonly rows: readonly LostRow[];
}

/** Of so many candidates each is read live; of more the lists are believed. */
const READ_LIVE_MAX = 1_000;

export async function comparePartners(ctx: LookContext): Promise<Partnerless> {
  const seen = await listOurs(ctx);
  const rows = await listRecordedObjects(ctx.database, ctx.clusterId); // after the objects
  return { objects: await findOrphans(ctx, seen, rows), rows: await findLostRows(ctx, seen, rows) };
}

/** Only the objects; without the second look that rows need. */
export async function listOrphanObjects(ctx: LookContext): Promise<readonly Orphan[]> {
  const seen = await listOurs(ctx);
  return findOrphans(ctx, seen, await listRecordedObjects(ctx.database, ctx.clusterId));
}

/** What carries our label, without what nobody asks for: a hundred thousand objects fit. */
async function listOurs({ client, installation, signal }: LookContext): Promise<readonly KubeObject[]> {
  const labelSelector = installationSelector(installation);
  const all: KubeObject[] = [];
  for (const kind of watchedKinds) {
    const { items } = await client.list(kubeTypes[kind], { labelSelector, signal });
    for (const { apiVersion, metadata } of items) {
      const { name, uid = '', labels = {} } = metadata;
      all.push({ apiVersion, kind, metadata: { name, uid, labels } });
    }
  }
  return all;
}

function isKnown(
  object: KubeObject,
  uids: ReadonlySet<string | null>,
  awaited: ReadonlySet<string>,
): boolean {
  return uids.has(object.metadata.uid ?? '') || awaited.has(`${object.kind} ${object.metadata.name}`);
}

function indexOf(rows: readonly RecordedObject[]) {
  const uids = new Set(rows.map(({ uid }) => uid));
  // the answer of our POST is not recorded yet
  const awaited = new Set(rows.filter(({ uid }) => uid === null).map(({ kind, name }) => `${kind} ${name}`));
  return { uids, awaited };
}

async function findOrphans(
  ctx: LookContext,
  seen: readonly KubeObject[],
  rows: readonly RecordedObject[],
): Promise<readonly Orphan[]> {
  const { uids, awaited } = indexOf(rows);
  const candidates = seen.filter((object) => !isKnown(object, uids, awaited));
  if (candidates.length === 0) return [];
  const live = await readEach(ctx.client, ctx.signal, candidates.slice(0, READ_LIVE_MAX), (object) => ({
    type: registeredType(object.apiVersion, object.kind),
    ref: { namespace: null, name: object.metadata.name },
  }));
  const gone = await findRecordedAsGone(
    ctx.database,
    ctx.clusterId,
    candidates.map(({ metadata }) => metadata.uid ?? ''),
  );
  const owners = new Set(rows.map((row) => `${row.kind} ${row.owner_kind} ${row.owner_id}`));
  return candidates.flatMap((candidate, index): Orphan[] => {
    const object = index < READ_LIVE_MAX ? live.get(candidate) : candidate;
    if (object === undefined || object.metadata.uid !== candidate.metadata.uid) return [];
    const labels = object.metadata.labels ?? {};
    const owner = `${labels[labelKeys.kind] ?? '?'} ${labels[labelKeys.id] ?? '?'}`;
    if (owners.has(`${object.kind} ${owner}`)) {
      return [{ kind: 'double_object', object, detail: `${owner} has another one` }];
    }
    const why = gone.has(object.metadata.uid ?? '') ? 'recorded as gone' : 'no row has its uid';
    return [{ kind: 'unknown_object', object, detail: `${why}; its labels say ${owner}` }];
  });
}

async function findLostRows(
  ctx: LookContext,
  seen: readonly KubeObject[],
  rows: readonly RecordedObject[],
): Promise<readonly LostRow[]> {
  const there = new Set(seen.map(({ metadata }) => metadata.uid));
  const unlisted = rows.filter(({ uid }) => uid === null || !there.has(uid));
  const first = await stillLost(ctx, unlisted);
  if (first.length === 0) return [];
  await sleep(ctx.lookAgainMs, undefined, { signal: ctx.signal });
  return stillLost(
    ctx,
    first.map(({ row }) => row),
  );
}

/** Live, and the rows after the objects: whatever was ended properly meanwhile has no live row any more. */
async function stillLost(ctx: LookContext, rows: readonly RecordedObject[]): Promise<readonly LostRow[]> {
  const live = await readEach(ctx.client, ctx.signal, rows.slice(0, READ_LIVE_MAX), placeOf);
  const absent = rows.filter((row) => live.get(row)?.metadata.uid !== row.uid || row.uid === null);
  const states = await readRowStates(
    ctx.database,
    rows.map(({ id }) => id),
  );
  const stateOf = new Map(states.map((state) => [state.id, state]));
  const isAbsent = new Set(absent);
  return rows.flatMap((row) => lostRow(row, stateOf.get(row.id), isAbsent.has(row)));
}

function lostRow(row: RecordedObject, state: RowState | undefined, isAbsent: boolean): readonly LostRow[] {
  if (state === undefined || !isAbsent || state.uid !== row.uid) return [];
  if (state.in_flight || state.phase !== 'ready') return [];
  const owner = `${row.owner_kind} ${row.owner_id}`;
  const what = row.uid === null ? 'it was never recorded as made' : 'the cluster does not have it';
  return [{ kind: 'missing_object', row, detail: `${what}; ${owner} says that it is ready` }];
}

export function differencesOf({ objects, rows }: Partnerless): readonly Difference[] {
  return [
    ...objects.map(({ kind, object, detail }) => ({
      ...{ kind, subject: `${object.kind}/${object.metadata.name}`, detail },
    })),
    ...rows.map(({ kind, row, detail }) => ({ kind, subject: `${row.kind}/${row.name}`, detail })),
  ];
}
