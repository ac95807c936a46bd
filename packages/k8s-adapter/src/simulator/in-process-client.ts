import { applyErrorOf, kubeErrorOf, readStatus } from '../client/client-node-status.ts';
import {
  type CallOptions,
  DEFAULT_TIMEOUT_MS,
  type DiscoveredKind,
  FIELD_MANAGER,
  type KubeClient,
  type ListOptions,
  type WatchOptions,
} from '../client/kube-client.ts';
import { KubeError } from '../client/kube-error.ts';
import type { KubeList, KubeObject, KubeRef, KubeType, KubeWatchEvent } from '../client/kube-object.ts';
import { ApiError, statusBody } from './api/api-error.ts';
import { applyObject } from './api/apply-object.ts';
import { createObject } from './api/create-object.ts';
import { deleteObject } from './api/delete-object.ts';
import { parseSelector } from './api/label-selector.ts';
import { listObjects } from './api/list-objects.ts';
import { mergePatchObject } from './api/update-object.ts';
import { ConnectionDropped, underFaults, type Verb } from './faults.ts';
import type { KindInfo } from './kinds.ts';
import { keyOf } from './sim-object.ts';
import type { Simulator } from './simulator.ts';

/**
 * A `KubeClient` straight on a simulator in this process: the same rules, faults and ledger as over HTTP, without
 * sockets. Objects it answers are frozen.
 */
export function createInProcessClient(simulator: Simulator): KubeClient {
  const { api } = simulator;
  const run = createRunner(simulator);
  const manager = FIELD_MANAGER;
  return {
    get: (type, ref, call) =>
      run(
        { verb: 'get', type, name: ref.name, call },
        (kind) => api.store.get(kind.kind, keyOfRef(ref))?.object,
      ),
    list: (type, options) => wholeList(simulator, type, options ?? {}, run),
    async *pages(type, options) {
      yield await wholeList(simulator, type, options ?? {}, run);
    },
    watch: (type, options) => watchInProcess(simulator, type, options, run),
    create: (type, object, call) =>
      run({ verb: 'create', type, name: object.metadata.name, call }, (kind) => {
        const namespace = namespaceOf(kind, object);
        return createObject(api, { kind, namespace, body: asSent(object), manager, strict: true });
      }),
    apply: (type, object, call) =>
      run({ verb: 'apply', type, name: object.metadata.name, call }, (kind) => {
        const place = { namespace: namespaceOf(kind, object), name: object.metadata.name };
        return applyObject(api, { kind, ...place, body: asSent(object), manager, force: true }).object;
      }),
    mergePatch: (type, ref, patch, call) =>
      run({ verb: 'patch', type, name: ref.name, call }, (kind) =>
        mergePatchObject(api, { kind, ...ref, body: asSent(patch), manager, strict: true }),
      ),
    delete: (type, ref, uid, call) =>
      run({ verb: 'delete', type, name: ref.name, call }, (kind) => {
        if (api.store.get(kind.kind, keyOfRef(ref)) === undefined) return false;
        deleteObject(api, { kind, ...ref, uid });
        return true;
      }),
    discover: async (apiVersion) => discoverKinds(simulator, apiVersion),
  };
}

async function wholeList(
  { api, snapshots }: Simulator,
  type: KubeType,
  options: ListOptions,
  run: Runner,
): Promise<KubeList> {
  return run({ verb: 'list', type, call: options }, (kind) => {
    const selector = parseSelector(options.labelSelector ?? '');
    const namespace = options.namespace ?? null;
    const { items, resourceVersion } = listObjects(api, snapshots, { kind, namespace, selector });
    return { items, resourceVersion };
  });
}

interface Call {
  readonly verb: Verb;
  readonly type: KubeType;
  readonly name?: string;
  readonly call: CallOptions | undefined;
}

type Runner = <T>(call: Call, work: (kind: KindInfo) => T) => Promise<T>;

/** Counts, fails on purpose, keeps time limits and words errors as `KubeClient` promises. */
function createRunner({ kinds, ledger, faults }: Simulator): Runner {
  return async ({ verb, type, name, call }, work) => {
    const kind = kinds.get(type.kind);
    if (kind === undefined) throw new KubeError(404, 'NotFound', `404 NotFound: no kind ${type.kind}`);
    const request = { verb, kind, name };
    ledger.record(request);
    try {
      return await limited(call, () => underFaults(faults, request, () => work(kind)));
    } catch (error) {
      throw translated(error, verb);
    }
  };
}

async function limited<T>(call: CallOptions | undefined, work: () => Promise<T>): Promise<T> {
  const { signal, timeoutMs = DEFAULT_TIMEOUT_MS } = call ?? {};
  if (signal?.aborted === true) throw new KubeError(0, 'Aborted', 'the call was aborted');
  const ended = Promise.withResolvers<never>();
  const late = (): void => ended.reject(new KubeError(0, 'Timeout', `no answer within ${timeoutMs} ms`));
  const abort = (): void => ended.reject(new KubeError(0, 'Aborted', 'the call was aborted'));
  const timer = setTimeout(late, timeoutMs);
  signal?.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work(), ended.promise]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}

/** Errors take the way over the wire, so that both clients word them alike. */
function translated(error: unknown, verb: Verb): unknown {
  if (error instanceof ConnectionDropped)
    return new KubeError(0, 'Unreachable', error.message, { cause: error });
  if (!(error instanceof ApiError)) return error;
  const answer = readStatus(error.status, JSON.stringify(statusBody(error)));
  return verb === 'apply' ? applyErrorOf(answer) : kubeErrorOf(answer);
}

function watchInProcess(
  { watches }: Simulator,
  type: KubeType,
  options: WatchOptions,
  run: Runner,
): AsyncIterable<KubeWatchEvent> {
  const { namespace = null, labelSelector = '', resourceVersion, timeoutSeconds, signal } = options;
  const open = () =>
    run({ verb: 'watch', type, call: options }, (kind) => {
      const selector = parseSelector(labelSelector);
      return watches.open({ kind, namespace, selector, resourceVersion, timeoutSeconds, bookmarks: true });
    });
  return {
    [Symbol.asyncIterator]: () => {
      let opened: ReturnType<typeof open> | undefined;
      const abort = (): void => {
        opened
          ?.then((queue) => queue.fail(new KubeError(0, 'Aborted', 'the watch was aborted')))
          .catch(() => {});
      };
      const leave = (): void => signal?.removeEventListener('abort', abort);
      return {
        next: async () => {
          if (opened === undefined) signal?.addEventListener('abort', abort, { once: true });
          opened ??= open();
          try {
            const result = await (await opened).next();
            if (result.done === true) leave();
            return result;
          } catch (error) {
            leave();
            throw translated(error, 'watch');
          }
        },
        return: async () => {
          leave();
          const queue = await opened?.catch(() => undefined); // whoever asked first was told why it did not open
          await queue?.return();
          return { done: true, value: undefined };
        },
      };
    },
  };
}

function discoverKinds({ kinds }: Simulator, apiVersion: string): readonly DiscoveredKind[] {
  return [...kinds.values()]
    .filter((kind) => kind.apiVersion === apiVersion)
    .map(({ kind, plural, namespaced }) => ({ kind, plural, namespaced }));
}

/** What JSON makes of a value: no `undefined`, no dates, nothing shared with the caller. */
function asSent(value: object): unknown {
  return JSON.parse(JSON.stringify(value));
}

function namespaceOf(kind: KindInfo, object: KubeObject): string | null {
  return kind.namespaced ? (object.metadata.namespace ?? null) : null;
}

function keyOfRef(ref: KubeRef): string {
  return keyOf(ref.namespace, ref.name);
}
