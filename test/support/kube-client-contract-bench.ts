import { randomBytes } from 'node:crypto';
import type { KubeClient } from '../../packages/k8s-adapter/src/client/kube-client.ts';
import { isKubeError, type KubeError } from '../../packages/k8s-adapter/src/client/kube-error.ts';
import type { KubeObject, KubeRef, KubeType } from '../../packages/k8s-adapter/src/client/kube-object.ts';
import { kubeTypes } from '../../packages/k8s-adapter/src/manifest/kube-types.ts';

/** A cluster that the contract suite runs against, and how to let go of it. */
export interface ContractCluster {
  readonly client: KubeClient;
  /** Longest wait for one thing to happen. Default 30 s. */
  readonly patienceMs?: number;
  readonly close: () => Promise<void>;
}

/** The workbench of one run: names of its own, waits with a limit, and a memory of what is to be cleaned up. */
export interface Bench {
  readonly client: KubeClient;
  /** A name that nobody else uses: a letter first, no dash. */
  name(prefix: string): string;
  /** Creates and remembers. */
  create(type: KubeType, object: NewObject): Promise<KubeObject>;
  /** Remembers an object that came about otherwise. */
  track(type: KubeType, ref: KubeRef): void;
  /** The object once the predicate holds. Fails after the patience with what was seen last. */
  until(type: KubeType, ref: KubeRef, wanted: (object: KubeObject) => boolean): Promise<KubeObject>;
  untilGone(type: KubeType, ref: KubeRef): Promise<void>;
  /** DELETE by the uid that the object has now. */
  remove(type: KubeType, ref: KubeRef): Promise<void>;
  /** Deletes all that was remembered, dependents first, and waits until each is gone. */
  cleanUp(): Promise<void>;
}

export type NewObject = Omit<KubeObject, 'apiVersion' | 'kind'>;

const DEFAULT_PATIENCE_MS = 30_000;
const CLEAN_UP_MS = 60_000;
const CLEAN_UP_ORDER: readonly (readonly string[])[] = [
  ['Pod', 'ConfigMap', 'Namespace'],
  ['OvnSnatRule'],
  ['OvnEip'],
  ['Subnet', 'Vpc'], // each may wait for another of them
  ['Vlan'],
  ['ProviderNetwork'],
];

export function createBench({ client, patienceMs = DEFAULT_PATIENCE_MS }: ContractCluster): Bench {
  const run = randomBytes(3).toString('hex');
  const tracked: { readonly type: KubeType; readonly ref: KubeRef }[] = [];
  let count = 0;
  const wait = (
    type: KubeType,
    ref: KubeRef,
    met: (object: KubeObject | undefined) => boolean,
    limitMs: number,
  ) => waitFor(client, { type, ref, met, limitMs });
  const bench: Bench = {
    client,
    name: (prefix) => {
      count += 1;
      return `${prefix}${run}${count}`;
    },
    create: async (type, object) => {
      const created = await client.create(type, whole(type, object));
      bench.track(type, refOf(created));
      return created;
    },
    track: (type, ref) => {
      tracked.push({ type, ref });
    },
    until: async (type, ref, wanted) => {
      const object = await wait(type, ref, (seen) => seen !== undefined && wanted(seen), patienceMs);
      if (object === undefined) throw new Error(`${type.kind} ${ref.name} is gone`);
      return object;
    },
    untilGone: async (type, ref) => {
      await wait(type, ref, (seen) => seen === undefined, patienceMs);
    },
    remove: async (type, ref) => {
      const object = await client.get(type, ref);
      if (object !== undefined) await client.delete(type, ref, object.metadata.uid ?? '');
    },
    cleanUp: async () => {
      const left = tracked.splice(0);
      for (const kinds of CLEAN_UP_ORDER) {
        const phase = left.filter(({ type }) => kinds.includes(type.kind));
        await Promise.all(phase.map(({ type, ref }) => discard(client, type, ref)));
        for (const { type, ref } of phase) await wait(type, ref, (seen) => seen === undefined, CLEAN_UP_MS);
      }
    },
  };
  return bench;
}

/** The object as it is sent: with its kind. */
export function whole(type: KubeType, object: NewObject): KubeObject {
  return { apiVersion: type.apiVersion, kind: type.kind, ...object };
}

export function refOf(object: KubeObject): KubeRef {
  return { namespace: object.metadata.namespace ?? null, name: object.metadata.name };
}

export function clusterRef(name: string): KubeRef {
  return { namespace: null, name };
}

/** The `KubeError` that a call ends with. Fails when it ends without one. */
export async function errorOf(call: Promise<unknown>): Promise<KubeError> {
  try {
    await call;
  } catch (error) {
    if (isKubeError(error)) return error;
    throw error;
  }
  throw new Error('the call was expected to fail and did not');
}

/** A namespace of its own for tests of namespaced objects. */
export async function createNamespace(bench: Bench): Promise<string> {
  const name = bench.name('ns');
  await bench.create(kubeTypes.Namespace, { metadata: { name } });
  return name;
}

/** Finalizers that nobody but this suite would take off. */
export const HOLD = 'netplane.test/hold';

async function discard(client: KubeClient, type: KubeType, ref: KubeRef): Promise<void> {
  const object = await client.get(type, ref);
  if (object === undefined) return;
  if (object.metadata.finalizers?.includes(HOLD) === true) {
    const finalizers = object.metadata.finalizers.filter((item) => item !== HOLD);
    await client.mergePatch(type, ref, { metadata: { finalizers } });
  }
  await client.delete(type, ref, object.metadata.uid ?? '').catch((error: unknown) => {
    if (!isKubeError(error, 'Conflict')) throw error; // gone, and another has its name
  });
}

interface Waiting {
  readonly type: KubeType;
  readonly ref: KubeRef;
  readonly met: (object: KubeObject | undefined) => boolean;
  readonly limitMs: number;
}

/** Lists and watches until the condition is met; answers the object as it was then. */
async function waitFor(client: KubeClient, waiting: Waiting): Promise<KubeObject | undefined> {
  const { type, ref, met, limitMs } = waiting;
  const deadline = performance.now() + limitMs;
  let last: KubeObject | undefined;
  for (;;) {
    const scope = ref.namespace === null ? {} : { namespace: ref.namespace };
    const { items, resourceVersion } = await client.list(type, scope);
    last = items.find((object) => isAt(object, ref));
    if (met(last)) return last;
    const timeoutSeconds = Math.ceil((deadline - performance.now()) / 1000);
    if (timeoutSeconds <= 0) break;
    try {
      for await (const event of client.watch(type, { ...scope, resourceVersion, timeoutSeconds })) {
        if (event.type === 'BOOKMARK' || !isAt(event.object, ref)) continue;
        last = event.type === 'DELETED' ? undefined : event.object;
        if (met(last)) return last;
      }
    } catch (error) {
      if (!isKubeError(error) || error.status !== 410) throw error;
    }
  }
  throw new Error(
    `${type.kind} ${ref.name}: not as wanted after ${limitMs} ms; last seen ${JSON.stringify(last)}`,
  );
}

function isAt({ metadata }: KubeObject, ref: KubeRef): boolean {
  return metadata.name === ref.name && (metadata.namespace ?? null) === ref.namespace;
}
