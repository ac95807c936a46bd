import { readFileSync } from 'node:fs';
import type { KubeType } from '../client/kube-object.ts';
import { kubeTypes } from '../manifest/kube-types.ts';
import type { JsonMap } from './json.ts';

/** What the simulator must know of a kind. To add one, add a line to `extraKinds` (or to `kubeTypes`). */
export interface KindInfo extends KubeType {
  /** `status` is written through its own path only. */
  readonly statusSubresource: boolean;
  /** Structural schema of a CRD; built-in kinds have none and are checked no deeper than their top level. */
  readonly schema: JsonMap | undefined;
  /** Fields beside apiVersion, kind and metadata that a built-in kind may carry; `undefined`: any. */
  readonly fields: readonly string[] | undefined;
  /** Whether `metadata.generation` counts changes of the spec. */
  readonly generation: boolean;
  readonly shortNames: readonly string[];
}

const extraKinds: readonly KubeType[] = [
  { apiVersion: 'v1', kind: 'Pod', plural: 'pods', namespaced: true },
  { apiVersion: 'v1', kind: 'Service', plural: 'services', namespaced: true },
  { apiVersion: 'v1', kind: 'Event', plural: 'events', namespaced: true },
  { apiVersion: 'v1', kind: 'ServiceAccount', plural: 'serviceaccounts', namespaced: true },
  { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', plural: 'endpointslices', namespaced: true },
  { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', plural: 'leases', namespaced: true },
  {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    plural: 'customresourcedefinitions',
    namespaced: false,
  },
  { apiVersion: 'kubeovn.io/v1', kind: 'OvnFip', plural: 'ovn-fips', namespaced: false },
  { apiVersion: 'kubeovn.io/v1', kind: 'OvnDnatRule', plural: 'ovn-dnat-rules', namespaced: false },
];

/** Built-in kinds: top-level fields, and whether status and generation are kept apart. Others take any field. */
const builtIns: Readonly<
  Record<string, Partial<Pick<KindInfo, 'fields' | 'statusSubresource' | 'generation' | 'shortNames'>>>
> = {
  Namespace: { fields: ['spec', 'status'], statusSubresource: true, shortNames: ['ns'] },
  Node: { fields: ['spec', 'status'], statusSubresource: true, shortNames: ['no'] },
  Pod: { fields: ['spec', 'status'], statusSubresource: true, generation: true, shortNames: ['po'] },
  Service: { fields: ['spec', 'status'], statusSubresource: true, shortNames: ['svc'] },
  ServiceCIDR: { fields: ['spec', 'status'], statusSubresource: true },
  ConfigMap: { fields: ['data', 'binaryData', 'immutable'], shortNames: ['cm'] },
  ValidatingAdmissionPolicy: { fields: ['spec', 'status'], statusSubresource: true, generation: true },
  ValidatingAdmissionPolicyBinding: { fields: ['spec'], generation: true },
  CustomResourceDefinition: { fields: ['spec', 'status'], statusSubresource: true, generation: true },
};

/** Kinds by `kind`, in a fixed order. Kind names are unique here although they come from several API groups. */
export type KindTable = ReadonlyMap<string, KindInfo>;

export function createKindTable(crds: CrdTable): KindTable {
  const types: readonly KubeType[] = [...Object.values(kubeTypes), ...extraKinds];
  return new Map(types.map((type) => [type.kind, kindInfo(type, crds)]));
}

function kindInfo(type: KubeType, crds: CrdTable): KindInfo {
  const crd = crds[type.kind];
  const builtIn = builtIns[type.kind];
  const custom = type.apiVersion.startsWith('kubeovn.io/');
  return {
    ...type,
    schema: crd?.schema,
    statusSubresource: crd?.statusSubresource ?? builtIn?.statusSubresource ?? custom,
    fields: builtIn?.fields,
    generation: builtIn?.generation ?? custom,
    shortNames: crd?.names.shortNames ?? builtIn?.shortNames ?? [],
  };
}

/** One CRD as `scripts/generate-crd-types.ts` writes it. */
interface CrdInfo {
  readonly group: string;
  readonly scope: string;
  readonly names: JsonMap & { readonly plural: string; readonly shortNames?: readonly string[] };
  readonly statusSubresource: boolean;
  readonly schema: JsonMap;
}

export type CrdTable = Readonly<Record<string, CrdInfo>>;

/** Reads the generated schemas. They are a file beside the types since TypeScript need not know their shape. */
export function loadCrdTable(): CrdTable {
  const path = new URL('../manifest/generated/crd-schemas.json', import.meta.url);
  const file: { schemas: CrdTable } = JSON.parse(readFileSync(path, 'utf8'));
  return file.schemas;
}
