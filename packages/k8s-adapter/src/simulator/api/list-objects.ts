import type { KindInfo } from '../kinds.ts';
import type { SimObject } from '../sim-object.ts';
import type { Collection } from '../store/collection.ts';
import { SUBNET_LABEL } from '../store/indexes.ts';
import { badRequest, expired } from './api-error.ts';
import type { ApiContext } from './context.ts';
import { type LabelSelector, matchesSelector, requiredValue } from './label-selector.ts';

interface ListRequest {
  readonly kind: KindInfo;
  /** `null`: all namespaces. */
  readonly namespace: string | null;
  readonly selector: LabelSelector;
  readonly limit?: number | undefined;
  readonly continueToken?: string | undefined;
}

export interface ListPage {
  readonly items: readonly SimObject[];
  readonly resourceVersion: string;
  readonly continueToken: string | undefined;
  readonly remaining: number | undefined;
}

/** The rest of lists under way: objects never change in place, so a snapshot is a list of references. */
export interface ListSnapshots {
  take(id: number): Snapshot | undefined;
  keep(snapshot: Snapshot): number;
  clear(): void;
}

interface Snapshot {
  readonly items: readonly SimObject[];
  readonly resourceVersion: string;
}

const SNAPSHOTS_MAX = 32;
const EXPIRED = 'The provided continue parameter is too old to display a consistent list result.';

export function createListSnapshots(): ListSnapshots {
  const snapshots = new Map<number, Snapshot>();
  let last = 0;
  return {
    take: (id) => snapshots.get(id),
    clear: () => snapshots.clear(),
    keep: (snapshot) => {
      last += 1;
      snapshots.set(last, snapshot);
      const [oldest] = snapshots.keys();
      if (snapshots.size > SNAPSHOTS_MAX && oldest !== undefined) snapshots.delete(oldest);
      return last;
    },
  };
}

/** One page of a consistent snapshot. Throws 400 for a token that is none, 410 for one that is too old. */
export function listObjects(ctx: ApiContext, snapshots: ListSnapshots, request: ListRequest): ListPage {
  const from = request.continueToken === undefined ? undefined : parseToken(request.continueToken);
  const snapshot = from === undefined ? takeSnapshot(ctx, request) : snapshots.take(from.id);
  if (snapshot === undefined) throw expired(EXPIRED);
  const start = from?.offset ?? 0;
  const end = start + (request.limit ?? snapshot.items.length);
  const items = snapshot.items.slice(start, end);
  const remaining = snapshot.items.length - start - items.length;
  const { resourceVersion } = snapshot;
  if (remaining <= 0) return { items, resourceVersion, continueToken: undefined, remaining: undefined };
  const id = from?.id ?? snapshots.keep(snapshot);
  return { items, resourceVersion, continueToken: printToken({ id, offset: end }), remaining };
}

function takeSnapshot(ctx: ApiContext, request: ListRequest): Snapshot {
  const { kind, namespace, selector } = request;
  const collection = ctx.store.collection(kind.kind);
  const items: SimObject[] = [];
  for (const key of candidates(collection, request)) {
    const object = collection.get(key)?.object;
    if (object === undefined || !matchesSelector(selector, object)) continue;
    if (namespace === null || object.metadata.namespace === namespace) items.push(object);
  }
  return { items, resourceVersion: String(ctx.store.resourceVersion) };
}

/** Keys in order, narrowed by an index where the request allows. */
function candidates(collection: Collection, { kind, namespace, selector }: ListRequest): Iterable<string> {
  if (kind.namespaced && namespace !== null) return [...collection.keysAt('namespace', namespace)].sort();
  const subnet = requiredValue(selector, SUBNET_LABEL);
  const labelled = ['OvnEip', 'Vip', 'IptablesEIP'].includes(kind.kind);
  if (labelled && subnet !== undefined) return [...collection.keysAt('subnet', subnet)].sort();
  return collection.sortedKeys();
}

function printToken(token: { readonly id: number; readonly offset: number }): string {
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

function parseToken(text: string): { readonly id: number; readonly offset: number } {
  try {
    const token: { id: unknown; offset: unknown } = JSON.parse(
      Buffer.from(text, 'base64url').toString('utf8'),
    );
    if (typeof token.id === 'number' && typeof token.offset === 'number') {
      return { id: token.id, offset: token.offset };
    }
  } catch {
    // falls through to the one error below
  }
  throw badRequest('invalid continue token: continue key is not valid');
}
