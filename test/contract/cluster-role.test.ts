/** The worker's rights in `deploy/kubernetes` are those that the code says it uses: no more, no fewer. */
import { readFileSync } from 'node:fs';
import { type KubeKind, kubeTypes, verbsByKind } from '@netplane/k8s-adapter';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

interface RbacObject {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly rules?: readonly Rule[];
  readonly roleRef?: { readonly kind: string; readonly name: string };
  readonly subjects?: readonly { readonly kind: string; readonly name: string; readonly namespace: string }[];
}

const FILE = new URL('../../deploy/kubernetes/worker-rbac.yaml', import.meta.url);
const objects = parseAllDocuments(readFileSync(FILE, 'utf8')).map(
  (document) => document.toJS() as RbacObject, // checked below
);

function rulesOf(kind: 'ClusterRole' | 'Role'): readonly Rule[] {
  return objects.filter((object) => object.kind === kind).flatMap(({ rules }) => rules ?? []);
}

/** `group/resource` → verbs, sorted. */
function allowedBy(kind: 'ClusterRole' | 'Role'): Readonly<Record<string, readonly string[]>> {
  const entries = rulesOf(kind).flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) =>
      resources.map((resource) => [`${group}/${resource}`, [...verbs].sort()] as const),
    ),
  );
  expect(new Set(entries.map(([resource]) => resource)).size, 'each resource in one rule').toBe(
    entries.length,
  );
  return Object.fromEntries(entries);
}

/** What the registry declares for kinds that are namespaced, or for those that are not. */
function declared(namespaced: boolean): Readonly<Record<string, readonly string[]>> {
  const kinds = Object.keys(verbsByKind) as KubeKind[]; // keys of a record of that type
  return Object.fromEntries(
    kinds
      .filter((kind) => kubeTypes[kind].namespaced === namespaced)
      .map((kind) => {
        const { apiVersion, plural } = kubeTypes[kind];
        const group = apiVersion.includes('/') ? apiVersion.split('/')[0] : '';
        return [`${group}/${plural}`, [...verbsByKind[kind]].sort()];
      }),
  );
}

describe('worker-rbac.yaml', () => {
  it('allows on the cluster just the kinds and verbs that the registry declares', () => {
    expect(allowedBy('ClusterRole')).toEqual(declared(false));
  });

  it('allows in the worker’s own namespace just the namespaced ones', () => {
    expect(allowedBy('Role')).toEqual(declared(true));
  });

  it('has no wildcard', () => {
    expect(JSON.stringify([...rulesOf('ClusterRole'), ...rulesOf('Role')])).not.toContain('*');
  });

  it('binds both roles to the worker’s ServiceAccount and to nobody else', () => {
    const account = objects.find(({ kind }) => kind === 'ServiceAccount')?.metadata;
    const bindings = objects.filter(({ kind }) => kind.endsWith('Binding'));
    expect(bindings.map(({ roleRef }) => roleRef?.kind).sort()).toEqual(['ClusterRole', 'Role']);
    for (const { roleRef, subjects } of bindings) {
      const role = objects.find(
        ({ kind, metadata }) => kind === roleRef?.kind && metadata.name === roleRef.name,
      );
      expect(role, roleRef?.name).toBeDefined();
      expect(subjects).toEqual([
        { kind: 'ServiceAccount', name: account?.name, namespace: account?.namespace },
      ]);
    }
  });
});
