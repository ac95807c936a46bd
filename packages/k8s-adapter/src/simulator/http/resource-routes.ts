import { ApiError, badRequest, groupOf, notFound } from '../api/api-error.ts';
import { applyObject } from '../api/apply-object.ts';
import { createObject } from '../api/create-object.ts';
import { deleteObject } from '../api/delete-object.ts';
import { parseSelector } from '../api/label-selector.ts';
import { listObjects } from '../api/list-objects.ts';
import { mergePatchObject, replaceObject } from '../api/update-object.ts';
import { underFaults, type Verb } from '../faults.ts';
import { type JsonMap, mapAt, omit } from '../json.ts';
import type { KindInfo } from '../kinds.ts';
import { keyOf, type SimObject } from '../sim-object.ts';
import type { Simulator } from '../simulator.ts';
import { answerJson, type Exchange, readBody } from './exchange.ts';
import type { Route } from './path.ts';
import { streamWatch } from './watch-stream.ts';

type ResourceRoute = Extract<Route, { type: 'collection' | 'object' }>;
type ObjectRoute = Extract<Route, { type: 'object' }>;
type CollectionRoute = Extract<Route, { type: 'collection' }>;

interface Answer {
  readonly status: number;
  readonly body: JsonMap;
}

/** Serves collections and objects. Throws `ApiError`, or `ConnectionDropped` when a fault says so. */
export async function serveResource(
  simulator: Simulator,
  route: ResourceRoute,
  exchange: Exchange,
): Promise<void> {
  const verb = verbOf(route, exchange);
  const name =
    route.type === 'object' ? route.name : exchange.query.get('fieldSelector')?.replace('metadata.name=', '');
  const request = { verb, kind: route.kind, name };
  simulator.ledger.record(request);
  if (verb === 'watch') {
    const queue = await underFaults(simulator.faults, request, () => openWatch(simulator, route, exchange));
    await streamWatch(queue, route.kind, exchange);
    return;
  }
  const body = verb === 'get' || verb === 'list' ? undefined : await readBody(exchange.request);
  const answer = await underFaults(simulator.faults, request, () =>
    serve(simulator, route, exchange, verb, body),
  );
  answerJson(exchange.response, answer.status, answer.body);
}

function verbOf(route: ResourceRoute, { request, query }: Exchange): Verb {
  const type = request.headers['content-type'] ?? '';
  switch (`${request.method} ${route.type}`) {
    case 'GET collection':
      return ['true', '1'].includes(query.get('watch') ?? '') ? 'watch' : 'list';
    case 'POST collection':
      return 'create';
    case 'GET object':
      return 'get';
    case 'PUT object':
      return 'update';
    case 'PATCH object':
      return type.startsWith('application/apply-patch') ? 'apply' : mergePatchVerb(type);
    case 'DELETE object':
      return 'delete';
    default:
      throw new ApiError(
        405,
        'MethodNotAllowed',
        'the server does not allow this method on the requested resource',
      );
  }
}

function mergePatchVerb(contentType: string): 'patch' {
  if (contentType.startsWith('application/merge-patch+json')) return 'patch';
  const accepted = 'application/merge-patch+json, application/apply-patch+yaml';
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted}`;
  throw new ApiError(415, 'UnsupportedMediaType', message);
}

function serve(
  simulator: Simulator,
  route: ResourceRoute,
  exchange: Exchange,
  verb: Verb,
  body: unknown,
): Answer {
  if (route.type === 'collection') {
    return verb === 'create'
      ? { status: 201, body: create(simulator, route, exchange, body) }
      : { status: 200, body: list(simulator, route, exchange) };
  }
  switch (verb) {
    case 'apply':
      return apply(simulator, route, exchange, body);
    case 'patch':
      return { status: 200, body: mergePatchObject(simulator.api, update(route, exchange, body)) };
    case 'update':
      return { status: 200, body: replaceObject(simulator.api, update(route, exchange, body)) };
    case 'delete':
      return { status: 200, body: remove(simulator, route, body) };
    default:
      return { status: 200, body: get(simulator, route) };
  }
}

function get({ api }: Simulator, { kind, namespace, name }: ObjectRoute): SimObject {
  const found = api.store.get(kind.kind, keyOf(namespace, name));
  if (found === undefined) throw notFound(kind, name);
  return found.object;
}

function list(simulator: Simulator, { kind, namespace }: CollectionRoute, { query }: Exchange): JsonMap {
  const page = listObjects(simulator.api, simulator.snapshots, {
    kind,
    namespace,
    selector: parseSelector(query.get('labelSelector') ?? ''),
    limit: numberOf(query.get('limit')),
    continueToken: query.get('continue') || undefined,
  });
  const metadata = {
    resourceVersion: page.resourceVersion,
    ...(page.continueToken === undefined ? {} : { continue: page.continueToken }),
    ...(page.remaining === undefined ? {} : { remainingItemCount: page.remaining }),
  };
  const items = page.items.map((item) => listItem(item, kind));
  return { kind: `${kind.kind}List`, apiVersion: kind.apiVersion, metadata, items };
}

/** Items of built-in kinds go without apiVersion and kind, as a real server sends them. */
function listItem(item: SimObject, kind: KindInfo): JsonMap {
  return groupOf(kind) === 'kubeovn.io' ? item : omit(item, 'apiVersion', 'kind');
}

function create({ api }: Simulator, { kind, namespace }: CollectionRoute, exchange: Exchange, body: unknown) {
  return createObject(api, { kind, namespace, body, ...writing(exchange) });
}

function apply({ api }: Simulator, route: ObjectRoute, exchange: Exchange, body: unknown): Answer {
  const { kind, namespace, name, subresource } = route;
  const { query } = exchange;
  if (query.get('fieldManager') === null) throw badRequest('PatchOptions.fieldManager: Required value');
  const force = ['true', '1'].includes(query.get('force') ?? '');
  const request = { kind, namespace, name, body, manager: writing(exchange).manager, force };
  const result = applyObject(api, subresource === undefined ? request : { ...request, subresource });
  return { status: result.created ? 201 : 200, body: result.object };
}

function update(route: ObjectRoute, exchange: Exchange, body: unknown) {
  const { kind, namespace, name, subresource } = route;
  const request = { kind, namespace, name, body, ...writing(exchange) };
  return subresource === undefined ? request : { ...request, subresource };
}

function remove({ api }: Simulator, { kind, namespace, name }: ObjectRoute, body: unknown): JsonMap {
  const options = mapAt({ body }, 'body');
  const { uid } = mapAt(options, 'preconditions');
  const { gracePeriodSeconds } = options;
  const remaining = deleteObject(api, {
    kind,
    namespace,
    name,
    uid: typeof uid === 'string' ? uid : undefined,
    gracePeriodSeconds: typeof gracePeriodSeconds === 'number' ? gracePeriodSeconds : undefined,
  });
  if (remaining !== undefined) return remaining;
  const details = { name, group: groupOf(kind), kind: kind.plural };
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
}

function openWatch(simulator: Simulator, { kind, namespace }: ResourceRoute, { query }: Exchange) {
  return simulator.watches.open({
    kind,
    namespace,
    selector: parseSelector(query.get('labelSelector') ?? ''),
    resourceVersion: query.get('resourceVersion') ?? '',
    timeoutSeconds: numberOf(query.get('timeoutSeconds')) ?? DEFAULT_WATCH_SECONDS,
    bookmarks: query.get('allowWatchBookmarks') === 'true',
  });
}

const DEFAULT_WATCH_SECONDS = 1_800;

/** Who writes, and how strictly: a client without a field manager is known by its user agent. */
function writing({ request, query }: Exchange): { readonly manager: string; readonly strict: boolean } {
  const agent = (request.headers['user-agent'] ?? 'unknown').split('/')[0] ?? 'unknown';
  return {
    manager: query.get('fieldManager') || agent,
    strict: query.get('fieldValidation') === 'Strict',
  };
}

function numberOf(text: string | null): number | undefined {
  return text !== null && /^\d+$/.test(text) && Number(text) > 0 ? Number(text) : undefined;
}
