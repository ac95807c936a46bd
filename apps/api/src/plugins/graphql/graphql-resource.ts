/** What one kind adds to the GraphQL schema: its types, root fields, mutations and relations. */
import { camelCase, type Kind, kinds, pascalCase } from '@netplane/domain';
import type { RequestContext } from '../../context.ts';
import type { RequestFields } from '../resource/fields.ts';
import type { ResourceSchema } from '../resource/resource-schema.ts';
import type { Resource, ResourceService } from '../resource/service.ts';
import { camel, collectOutputTypes, inputType, nestedInputTypes, scalarOf } from './sdl.ts';

export type Relation =
  /** The resource whose id stands in `idField`. */
  | { readonly kind: 'one'; readonly field: string; readonly target: Kind; readonly idField: string }
  /** The resources whose `filter` holds this one's id. */
  | { readonly kind: 'many'; readonly field: string; readonly target: Kind; readonly filter: string };

export interface GraphqlResource<Value extends Resource, Create, Patch> {
  readonly schema: ResourceSchema;
  readonly service: ResourceService<Value, Create, Patch>;
  readonly present: (value: Value, ctx: RequestContext) => object;
  readonly relations: readonly Relation[];
}

/** A resource whose own types the generic layer does not need. */
export type AnyGraphqlResource = GraphqlResource<Resource, unknown, unknown>;

/**
 * Forgets the kind's own types, so that kinds can stand in one table. Safe because the layer hands a service only what
 * the same resource's schemas have validated, and a presenter only what the same service has returned.
 */
export function graphqlResource<Value extends Resource, Create, Patch>(
  resource: GraphqlResource<Value, Create, Patch>,
): AnyGraphqlResource {
  return resource as unknown as AnyGraphqlResource;
}

/** SDL of one kind; shared types go into `types`. */
export function resourceSdl(resource: AnyGraphqlResource, types: Map<string, string>): void {
  const { schema } = resource;
  const name = pascalCase(schema.kind);
  const field = camelCase(schema.kind);
  const memberProperties = schema.memberView === undefined ? undefined : propertiesOf(schema.memberView);
  collectOutputTypes(
    name,
    schema.view,
    {
      ...(memberProperties === undefined ? {} : { alwaysAnswered: memberProperties }),
      extraFields: resource.relations.map(relationSdl),
    },
    types,
  );
  types.set(`${name}Edge`, `type ${name}Edge {\n  cursor: String!\n  node: ${name}!\n}`);
  types.set(
    `${name}Connection`,
    `type ${name}Connection {\n  edges: [${name}Edge!]!\n  nodes: [${name}!]!\n  pageInfo: PageInfo!\n  "Exact up to 10,000"\n  totalCount: Int!\n}`,
  );
  types.set(`${name}Filter`, filterSdl(name, schema));
  for (const nested of nestedInputTypes(schema.fields)) types.set(nested.split(' ')[1] ?? '', nested);
  types.set(`mutations of ${name}`, mutationTypes(name, field, schema.fields));
}

/** Root fields and mutations of a kind. */
export function rootSdl({ schema }: AnyGraphqlResource): {
  readonly query: string;
  readonly mutation: string;
} {
  const name = pascalCase(schema.kind);
  const field = camelCase(schema.kind);
  const plural = camelCase(kinds[schema.kind].collection);
  return {
    query: `  ${field}(id: ID!): ${name}\n  ${plural}(${connectionArguments(name)}): ${name}Connection`,
    mutation: ['create', 'update', 'delete']
      .map(
        (verb) =>
          `  ${verb}${name}(input: ${upper(verb)}${name}Input!, wait: Int): ${upper(verb)}${name}Result!`,
      )
      .join('\n'),
  };
}

function propertiesOf(schema: object): readonly string[] {
  return 'properties' in schema ? Object.keys(schema.properties as object) : []; // an object schema's own
}

function relationSdl(relation: Relation): string {
  const target = pascalCase(relation.target);
  return relation.kind === 'one'
    ? `  ${relation.field}: ${target}`
    : `  ${relation.field}(${connectionArguments(target)}): ${target}Connection`;
}

function connectionArguments(name: string): string {
  return `first: Int, after: String, filter: ${name}Filter, sort: String`;
}

function filterSdl(name: string, schema: ResourceSchema): string {
  const lines = [
    '  id: [ID!]',
    ...(schema.hasName ? ['  name: String', '  "Prefix of the name"\n  q: String'] : []),
    '  "Label selector, e.g. env=prod,tier!=db"\n  labels: String',
    ...(kinds[schema.kind].provisioned ? ['  phase: String'] : []),
    '  updatedAfter: String',
    ...Object.entries(schema.filters).map(
      ([key, filter]) => `  ${camel(key)}: ${scalarOf(filter.schema as object)}`,
    ),
  ];
  return `input ${name}Filter {\n${lines.join('\n')}\n}`;
}

function mutationTypes(name: string, field: string, fields: RequestFields): string {
  const expected = '  "The revision that must still be there"\n  expectedRevision: Int';
  const result = (verb: string, payload: string) =>
    `type ${verb}${name}Payload {\n${payload}\n}\nunion ${verb}${name}Result = ${verb}${name}Payload | Problem`;
  return [
    inputType(`Create${name}Input`, fields, 'create', ['  idempotencyKey: String']),
    inputType(`Update${name}Input`, fields, 'update', ['  id: ID!', expected]),
    `input Delete${name}Input {\n  id: ID!\n${expected}\n}`,
    result(
      'Create',
      `  ${field}: ${name}!\n  "The kept answer of this idempotency key"\n  replayed: Boolean!`,
    ),
    result('Update', `  ${field}: ${name}!`),
    result(
      'Delete',
      `  deletedId: ID!\n  "While the cluster lets go of it; null when it is gone"\n  ${field}: ${name}`,
    ),
  ].join('\n\n');
}

function upper(verb: string): string {
  return verb.charAt(0).toUpperCase() + verb.slice(1);
}
