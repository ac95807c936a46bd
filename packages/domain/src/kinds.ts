/**
 * The one list of kinds. Folders, files, policy rows, routes and documents are named from it;
 * `test/contract/grid.test.ts` fails where a cell of the grid is missing.
 */

export interface KindDefinition {
  /** Plural, the REST collection below `/v1`. */
  readonly collection: string;
  /** Prefix of the TypeID that the API shows, e.g. `eip_01h…`. */
  readonly idPrefix: string;
  /** Who owns a row: the platform, an organization, or a project of an organization. */
  readonly scope: 'platform' | 'organization' | 'project';
  /** Whether the worker makes a cluster agree with it: then it has load, manifests and status. */
  readonly provisioned: boolean;
}

export const kinds = {
  organization: { collection: 'organizations', idPrefix: 'org', scope: 'organization', provisioned: false },
  project: { collection: 'projects', idPrefix: 'project', scope: 'organization', provisioned: true },
  cluster: { collection: 'clusters', idPrefix: 'cluster', scope: 'platform', provisioned: true },
  'external-network': {
    collection: 'external-networks',
    idPrefix: 'extnet',
    scope: 'platform',
    provisioned: true,
  },
  'ip-range': { collection: 'ip-ranges', idPrefix: 'iprange', scope: 'platform', provisioned: true },
  eip: { collection: 'eips', idPrefix: 'eip', scope: 'project', provisioned: true },
  quota: { collection: 'quotas', idPrefix: 'quota', scope: 'organization', provisioned: false },
  issuer: { collection: 'issuers', idPrefix: 'issuer', scope: 'platform', provisioned: false },
  'role-binding': {
    collection: 'role-bindings',
    idPrefix: 'rolebinding',
    scope: 'organization',
    provisioned: false,
  },
} as const satisfies Record<string, KindDefinition>;

export type Kind = keyof typeof kinds;

/** Kinds that the worker reconciles. */
export type ProvisionedKind = {
  [K in Kind]: (typeof kinds)[K]['provisioned'] extends true ? K : never;
}[Kind];

export const kindNames = Object.keys(kinds) as readonly Kind[]; // keys of a const object are its type's keys

export const provisionedKinds = kindNames.filter((kind): kind is ProvisionedKind => kinds[kind].provisioned);

/** `external-network` → `ExternalNetwork`: types of the GraphQL schema and OpenAPI components. */
export function pascalCase(kind: string): string {
  return kind.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** `external-network` → `externalNetwork`: GraphQL fields and operations. */
export function camelCase(kind: string): string {
  return kind.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** `external-network` → `external_network`: tables and columns. */
export function snakeCase(kind: string): string {
  return kind.replaceAll('-', '_');
}
