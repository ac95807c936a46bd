import { groupOf } from '../api/api-error.ts';
import type { JsonMap } from '../json.ts';
import type { KindInfo, KindTable } from '../kinds.ts';

/** Bodies of the discovery paths. */

export const versionBody: JsonMap = {
  major: '1',
  minor: '35',
  gitVersion: 'v1.35.4+netplane-simulator',
  platform: 'simulated',
};

export const apiVersionsBody: JsonMap = { kind: 'APIVersions', apiVersion: 'v1', versions: ['v1'] };

export function apiGroupsBody(kinds: KindTable): JsonMap {
  const groups = [...new Set([...kinds.values()].map(groupOf))].filter((group) => group !== '');
  return {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: groups.map((group) => groupBody(group, versionsOf(group, kinds))),
  };
}

export function apiGroupBody(group: string, kinds: KindTable): JsonMap | undefined {
  const versions = versionsOf(group, kinds);
  if (group === '' || versions.length === 0) return undefined;
  return { kind: 'APIGroup', apiVersion: 'v1', ...groupBody(group, versions) };
}

export function apiResourcesBody(apiVersion: string, kinds: KindTable): JsonMap | undefined {
  const served = [...kinds.values()].filter((kind) => kind.apiVersion === apiVersion);
  if (served.length === 0) return undefined;
  const resources = served.flatMap(resourcesOf);
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: apiVersion, resources };
}

function versionsOf(group: string, kinds: KindTable): readonly string[] {
  const served = [...kinds.values()].filter((kind) => groupOf(kind) === group);
  return [...new Set(served.map(({ apiVersion }) => apiVersion))];
}

function groupBody(name: string, versions: readonly string[]): JsonMap {
  const list = versions.map((groupVersion) => ({ groupVersion, version: groupVersion.split('/')[1] }));
  return { name, versions: list, preferredVersion: list[0] };
}

function resourcesOf(kind: KindInfo): readonly JsonMap[] {
  const { plural, namespaced, shortNames } = kind;
  const isReview = kind.kind === 'SelfSubjectReview';
  const verbs = isReview ? ['create'] : ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];
  const names = { singularName: kind.kind.toLowerCase(), shortNames };
  const main = { name: plural, ...names, namespaced, kind: kind.kind, verbs };
  if (!kind.statusSubresource) return [main];
  const verbsOfStatus = ['get', 'patch', 'update'];
  return [
    main,
    { name: `${plural}/status`, singularName: '', namespaced, kind: kind.kind, verbs: verbsOfStatus },
  ];
}
