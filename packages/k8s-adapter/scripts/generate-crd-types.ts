/**
 * Writes `src/manifest/generated` from Kube-OVN's CRDs: TypeScript types of spec and status for the kinds that
 * Netplane reads or writes, and their structural schemas for the simulator. Run by hand where Go is installed:
 *
 *   node packages/k8s-adapter/scripts/generate-crd-types.ts
 *
 * Go only fetches the module (`go mod download`); nothing is built. The output is committed.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { type Json, type JsonMap, printTypeAlias } from './structural-types.ts';

const MODULE = 'github.com/kubeovn/kube-ovn@v1.16.2';
const CRD_FILE = 'charts/kube-ovn-v2/crds/kube-ovn-crd.yaml';
const KINDS = [
  'ProviderNetwork',
  'Vlan',
  'Vpc',
  'Subnet',
  'IP',
  'Vip',
  'OvnEip',
  'OvnSnatRule',
  'IptablesEIP',
] as const;
const OUTPUT = new URL('../src/manifest/generated/', import.meta.url);
const MADE_BY = `Made by scripts/generate-crd-types.ts from ${MODULE} ${CRD_FILE}; do not edit.`;

interface Crd {
  readonly kind: 'CustomResourceDefinition';
  readonly spec: {
    readonly group: string;
    readonly scope: string;
    readonly names: JsonMap & { readonly kind: string };
    readonly versions: readonly {
      readonly name: string;
      readonly subresources?: JsonMap;
      readonly schema: { readonly openAPIV3Schema: JsonMap };
    }[];
  };
}

function readCrds(): Map<string, Crd> {
  const answer: { Dir: string } = JSON.parse(
    execFileSync('go', ['mod', 'download', '-json', MODULE], { cwd: '/', encoding: 'utf8' }),
  );
  const documents = parseAllDocuments(readFileSync(`${answer.Dir}/${CRD_FILE}`, 'utf8'));
  const crds = documents.map((document) => document.toJS() as Crd | null); // the file holds CRDs only
  return new Map(crds.filter((crd) => crd !== null).map((crd) => [crd.spec.names.kind, crd]));
}

function schemaOf(crd: Crd): JsonMap {
  const version = crd.spec.versions.find(({ name }) => name === 'v1');
  if (version === undefined) throw new Error(`${crd.spec.names.kind} has no version v1`);
  return version.schema.openAPIV3Schema;
}

function typesOf(kind: string, schema: JsonMap): string {
  const properties = schema.properties as JsonMap; // a CRD's root schema always has properties
  const parts = (['spec', 'status'] as const).filter((part) => part in properties);
  return parts
    .map((part) =>
      printTypeAlias(`${kind}${part === 'spec' ? 'Spec' : 'Status'}`, properties[part] as JsonMap),
    ) // as above
    .join('\n\n');
}

/** Schemas carry only what is checked: prose and printer columns go. */
function withoutDescriptions(node: Json): Json {
  if (Array.isArray(node)) return node.map((item: Json) => withoutDescriptions(item));
  if (node === null || typeof node !== 'object') return node;
  const kept = Object.entries(node).filter(
    ([key, value]) => !(key === 'description' && typeof value === 'string'),
  );
  return Object.fromEntries(kept.map(([key, value]) => [key, withoutDescriptions(value)]));
}

function definitionOf(crd: Crd): JsonMap {
  const version = crd.spec.versions.find(({ name }) => name === 'v1');
  return {
    group: crd.spec.group,
    scope: crd.spec.scope,
    names: crd.spec.names,
    statusSubresource: version?.subresources?.status !== undefined,
    schema: withoutDescriptions(schemaOf(crd)),
  };
}

function present(crd: Crd | undefined, kind: string): Crd {
  if (crd === undefined) throw new Error(`${CRD_FILE} has no CRD of kind ${kind}`);
  return crd;
}

const all = readCrds();
const chosen = KINDS.map((kind) => ({ kind, crd: present(all.get(kind), kind) }));
const types = chosen.map(({ kind, crd }) => typesOf(kind, schemaOf(crd)));
writeFileSync(new URL('kube-ovn.ts', OUTPUT), `// ${MADE_BY}\n\n${types.join('\n\n')}\n`);
const schemas = Object.fromEntries(chosen.map(({ kind, crd }) => [kind, definitionOf(crd)]));
writeFileSync(
  new URL('crd-schemas.json', OUTPUT),
  `${JSON.stringify({ $comment: MADE_BY, schemas }, null, 1)}\n`,
);
