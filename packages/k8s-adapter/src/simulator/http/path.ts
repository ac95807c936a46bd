import type { KindInfo, KindTable } from '../kinds.ts';

/** What a request path names. */
export type Route =
  | { readonly type: 'collection'; readonly kind: KindInfo; readonly namespace: string | null }
  | {
      readonly type: 'object';
      readonly kind: KindInfo;
      readonly namespace: string | null;
      readonly name: string;
      readonly subresource: 'status' | undefined;
    }
  | { readonly type: 'health' }
  | { readonly type: 'version' }
  | { readonly type: 'api-versions' }
  | { readonly type: 'api-groups' }
  | { readonly type: 'api-group'; readonly group: string }
  | { readonly type: 'api-resources'; readonly apiVersion: string }
  | { readonly type: 'knob'; readonly knob: string }
  | { readonly type: 'unknown' };

const HEALTH: ReadonlySet<string> = new Set(['readyz', 'livez', 'healthz']);
const unknown: Route = { type: 'unknown' };

/** Reads a decoded path, e.g. `/apis/kubeovn.io/v1/vpcs/a/status`. */
export function routeOf(path: string, kinds: KindTable): Route {
  const [root = '', ...rest] = path.split('/').filter((part) => part !== '');
  if (HEALTH.has(root)) return { type: 'health' };
  if (root === 'version') return { type: 'version' };
  if (root === 'simulator') return { type: 'knob', knob: rest.join('/') };
  if (root === 'api') {
    const [version, ...below] = rest;
    return version === undefined ? { type: 'api-versions' } : underVersion(version, below, kinds);
  }
  if (root !== 'apis') return unknown;
  const [group, version, ...below] = rest;
  if (group === undefined) return { type: 'api-groups' };
  if (version === undefined) return { type: 'api-group', group };
  return underVersion(`${group}/${version}`, below, kinds);
}

function underVersion(apiVersion: string, below: readonly string[], kinds: KindTable): Route {
  if (below.length === 0) return { type: 'api-resources', apiVersion };
  const [first, namespace, ...inside] = below;
  // `namespaces/a/pods` is inside the Namespace, `namespaces/a` and `namespaces/a/status` are the Namespace.
  const isInside = first === 'namespaces' && namespace !== undefined && !isOwnPath(inside);
  return isInside
    ? resource({ apiVersion, namespace, path: inside }, kinds)
    : resource({ apiVersion, namespace: null, path: below }, kinds);
}

function isOwnPath(inside: readonly string[]): boolean {
  return inside.length === 0 || (inside.length === 1 && (inside[0] === 'status' || inside[0] === 'finalize'));
}

function resource(
  { apiVersion, namespace, path }: { apiVersion: string; namespace: string | null; path: readonly string[] },
  kinds: KindTable,
): Route {
  const [plural, name, subresource, ...more] = path;
  const kind = [...kinds.values()].find((info) => info.apiVersion === apiVersion && info.plural === plural);
  if (kind === undefined || more.length > 0 || (namespace !== null && !kind.namespaced)) return unknown;
  if (name === undefined) return { type: 'collection', kind, namespace };
  if (kind.namespaced && namespace === null) return unknown;
  if (subresource === undefined) return { type: 'object', kind, namespace, name, subresource };
  if (subresource !== 'status' || !kind.statusSubresource) return unknown;
  return { type: 'object', kind, namespace, name, subresource };
}
