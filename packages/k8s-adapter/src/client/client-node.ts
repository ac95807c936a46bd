import { performance } from 'node:perf_hooks';
import { KubeConfig } from '@kubernetes/client-node';
import { type ConfigSource, createCredentialSource } from './client-node-credentials.ts';
import { discoverKinds, listObjects, listPages } from './client-node-list.ts';
import { applyErrorOf, kubeErrorOf, type StatusAnswer } from './client-node-status.ts';
import { createTransport, limits, succeed, type Transport } from './client-node-transport.ts';
import { watchObjects } from './client-node-watch.ts';
import type { CallOptions, KubeClient } from './kube-client.ts';
import { FIELD_MANAGER } from './kube-client.ts';
import { KubeError } from './kube-error.ts';
import { type KubeObject, type KubeRef, type KubeType, pathOf } from './kube-object.ts';

export interface KubeClientOptions extends ConfigSource {
  /** Connections for calls; further calls wait for a free one within their own time limit. Default 32. */
  readonly maxSockets?: number;
  /** Default 64 MiB; a page of a list is far below. */
  readonly maxResponseBytes?: number;
  readonly userAgent?: string;
  /** Milliseconds that only grow; for tests. */
  readonly monotonicNow?: () => number;
}

/** A client that owns sockets. */
export interface ClosableKubeClient extends KubeClient {
  /** Aborts what is under way and closes every socket. */
  close(): void;
}

const DEFAULT_MAX_SOCKETS = 32;
const DEFAULT_MAX_RESPONSE_BYTES = 64 * 1024 * 1024;
const WRITE_QUERY = `fieldManager=${FIELD_MANAGER}&fieldValidation=Strict`;

/**
 * Client of a real API server (or of the simulator over HTTP). Configuration, TLS and authentication come from
 * `@kubernetes/client-node`, requests go through node:http(s) with kept-alive, bounded sockets.
 * Throws a plain `Error` when the configuration cannot be loaded; calls throw `KubeError`.
 */
export function createKubeClient(options: KubeClientOptions): ClosableKubeClient {
  const credentials = createCredentialSource(options, {
    newConfig: () => new KubeConfig(),
    monotonicNow: options.monotonicNow ?? (() => performance.now()),
  });
  const transport = createTransport(credentials, {
    maxSockets: options.maxSockets ?? DEFAULT_MAX_SOCKETS,
    maxResponseBytes: options.maxResponseBytes ?? DEFAULT_MAX_RESPONSE_BYTES,
    userAgent: options.userAgent ?? FIELD_MANAGER,
  });
  return {
    get: (type, ref, call) => getObject(transport, { type, ref }, call),
    list: (type, list) => listObjects(transport, type, list ?? {}),
    pages: (type, list) => listPages(transport, type, list ?? {}),
    watch: (type, watch) => watchObjects(transport, type, watch),
    create: (type, object, call) => createObject(transport, { type, object }, call),
    apply: (type, object, call) => applyObject(transport, { type, object }, call),
    mergePatch: (type, ref, patch, call) => mergePatchObject(transport, { type, ref, patch }, call),
    delete: (type, ref, uid, call) => deleteObject(transport, { type, ref, uid }, call),
    discover: (apiVersion, call) => discoverKinds(transport, apiVersion, call),
    close: () => transport.close(),
  };
}

interface Target {
  readonly type: KubeType;
  readonly ref: KubeRef;
}

async function getObject(
  transport: Transport,
  target: Target,
  call?: CallOptions,
): Promise<KubeObject | undefined> {
  const path = pathOf(target.type, target.ref.namespace, target.ref.name);
  const result = await transport.call({ method: 'GET', path, ...limits(call) });
  if (result.ok) return asObject(result.body);
  if (isAbsent(result.answer, target)) return undefined;
  throw kubeErrorOf(result.answer);
}

async function createObject(
  transport: Transport,
  input: { readonly type: KubeType; readonly object: KubeObject },
  call?: CallOptions,
): Promise<KubeObject> {
  const { type, object } = input;
  const path = `${pathOf(type, object.metadata.namespace ?? null)}?${WRITE_QUERY}`;
  return asObject(await succeed(transport, { method: 'POST', path, body: object, ...limits(call) }));
}

async function applyObject(
  transport: Transport,
  input: { readonly type: KubeType; readonly object: KubeObject },
  call?: CallOptions,
): Promise<KubeObject> {
  const { type, object } = input;
  const path = pathOf(type, object.metadata.namespace ?? null, object.metadata.name);
  const result = await transport.call({
    method: 'PATCH',
    path: `${path}?${WRITE_QUERY}&force=true`,
    contentType: 'application/apply-patch+yaml', // JSON is YAML
    body: object,
    ...limits(call),
  });
  if (!result.ok) throw applyErrorOf(result.answer);
  return asObject(result.body);
}

async function mergePatchObject(
  transport: Transport,
  input: Target & { readonly patch: object },
  call?: CallOptions,
): Promise<KubeObject> {
  const path = `${pathOf(input.type, input.ref.namespace, input.ref.name)}?${WRITE_QUERY}`;
  const contentType = 'application/merge-patch+json';
  return asObject(
    await succeed(transport, { method: 'PATCH', path, contentType, body: input.patch, ...limits(call) }),
  );
}

async function deleteObject(
  transport: Transport,
  input: Target & { readonly uid: string },
  call?: CallOptions,
): Promise<boolean> {
  const body = {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    preconditions: { uid: input.uid },
    propagationPolicy: 'Background',
  };
  const path = pathOf(input.type, input.ref.namespace, input.ref.name);
  const result = await transport.call({ method: 'DELETE', path, body, ...limits(call) });
  if (result.ok) return true;
  if (isAbsent(result.answer, input)) return false;
  throw kubeErrorOf(result.answer);
}

/** A 404 that speaks of this very object. One of the kind or of a proxy is an error, or a CRD gone would read as "gone". */
function isAbsent(answer: StatusAnswer, target: Target): boolean {
  return (
    answer.status === 404 &&
    answer.isStatus &&
    answer.name === target.ref.name &&
    answer.plural === target.type.plural
  );
}

function asObject(body: unknown): KubeObject {
  const object = body as Partial<KubeObject> | null; // looked at before it is believed
  if (object?.metadata === undefined) {
    throw new KubeError(0, 'InvalidResponse', 'the cluster answered something that is not an object');
  }
  return object as KubeObject; // a 2xx of the API server with metadata is the object
}
