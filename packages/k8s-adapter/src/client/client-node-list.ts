import { kubeErrorOf } from './client-node-status.ts';
import { limits, succeed, type Transport } from './client-node-transport.ts';
import type { CallOptions, DiscoveredKind, ListOptions } from './kube-client.ts';
import { isKubeError } from './kube-error.ts';
import { type KubeList, type KubeObject, type KubeType, pathOf } from './kube-object.ts';

const DEFAULT_PAGE_SIZE = 500;

/** The whole collection of one snapshot; starts again once when the snapshot expires between two pages. */
export async function listObjects(
  transport: Transport,
  type: KubeType,
  options: ListOptions,
): Promise<KubeList> {
  try {
    return await wholeList(transport, type, options);
  } catch (error) {
    if (isKubeError(error) && error.status === 410) return wholeList(transport, type, options);
    throw error;
  }
}

async function wholeList(transport: Transport, type: KubeType, options: ListOptions): Promise<KubeList> {
  const items: KubeObject[] = [];
  let resourceVersion = '';
  for await (const page of listPages(transport, type, options)) {
    for (const item of page.items) items.push(item);
    resourceVersion = page.resourceVersion;
  }
  return { items, resourceVersion };
}

/** Kinds under a group version; `[]` where the server does not have it. */
export async function discoverKinds(
  transport: Transport,
  apiVersion: string,
  call?: CallOptions,
): Promise<readonly DiscoveredKind[]> {
  const path = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const result = await transport.call({ method: 'GET', path, ...limits(call) });
  if (!result.ok && result.answer.status === 404) return [];
  if (!result.ok) throw kubeErrorOf(result.answer);
  const { resources = [] } = result.body as ApiResourceList; // what the path answers
  return resources
    .filter(({ name }) => !name.includes('/')) // `vpcs/status` and the like
    .map(({ name, kind, namespaced }) => ({ kind, plural: name, namespaced }));
}

/** The collection of one snapshot, as the server hands it out. */
export async function* listPages(
  transport: Transport,
  type: KubeType,
  options: ListOptions,
): AsyncGenerator<KubeList> {
  const query = new URLSearchParams({ limit: String(options.pageSize ?? DEFAULT_PAGE_SIZE) });
  if (options.labelSelector !== undefined) query.set('labelSelector', options.labelSelector);
  for (;;) {
    const path = `${pathOf(type, options.namespace ?? null)}?${query}`;
    const page = (await succeed(transport, { method: 'GET', path, ...limits(options) })) as ListPage; // a <Kind>List
    const { continue: next = '', resourceVersion } = page.metadata;
    const { apiVersion, kind } = type; // items of built-in kinds come without
    yield { items: page.items.map((item) => ({ ...item, apiVersion, kind })), resourceVersion };
    if (next === '') return;
    query.set('continue', next);
  }
}

interface ApiResourceList {
  readonly resources?: readonly {
    readonly name: string;
    readonly kind: string;
    readonly namespaced: boolean;
  }[];
}

interface ListPage {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items: readonly KubeObject[];
}
