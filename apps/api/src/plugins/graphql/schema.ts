/** The whole GraphQL schema, put together from the kinds. */
import type { Kind } from '@netplane/domain';
import { pascalCase } from '@netplane/domain';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { GraphQLScalarType, Kind as NodeKind, type ValueNode } from 'graphql';
import type { IResolvers, MercuriusLoaders } from 'mercurius';
import { ProblemSchema } from '../http/problem.ts';
import { ConditionSchema, StatusSchema } from '../resource/fields.ts';
import { type AnyGraphqlResource, resourceSdl, rootSdl } from './graphql-resource.ts';
import { mutationResolvers, queryResolvers, relationLoaders } from './resolvers.ts';
import { collectOutputTypes } from './sdl.ts';

/** What is not a kind: its SDL and resolvers, e.g. `me`. */
export interface GraphqlExtra {
  readonly types: string;
  readonly query: string;
  readonly resolvers: Record<string, unknown>;
}

export interface GraphqlParts {
  readonly sdl: string;
  readonly resolvers: IResolvers;
  readonly loaders: MercuriusLoaders;
}

const shared = `
"A map of strings, or of the values of a message"
scalar Map
"A whole number up to 2^53"
scalar Long
type PageInfo {
  hasNextPage: Boolean!
  hasPreviousPage: Boolean!
  startCursor: String
  endCursor: String
}`;

export function buildGraphql(
  resources: readonly AnyGraphqlResource[],
  extras: readonly GraphqlExtra[],
): GraphqlParts {
  const types = new Map<string, string>();
  collectOutputTypes('Condition', ConditionSchema, {}, types);
  collectOutputTypes('Status', StatusSchema, {}, types);
  collectOutputTypes('Problem', ProblemSchema, {}, types);
  for (const resource of resources) resourceSdl(resource, types);
  const roots = resources.map(rootSdl);
  const query = [...extras.map((extra) => extra.query), ...roots.map((root) => root.query)].join('\n');
  const mutation = roots.map((root) => root.mutation).join('\n');
  const sdl = [
    shared.trim(),
    ...extras.map((extra) => extra.types),
    ...types.values(),
    `type Query {\n${query}\n}`,
    `type Mutation {\n${mutation}\n}`,
  ].join('\n\n');
  return { sdl, resolvers: resolversOf(resources, extras), loaders: loadersOf(resources) };
}

function resolversOf(resources: readonly AnyGraphqlResource[], extras: readonly GraphqlExtra[]): IResolvers {
  const ajv = new Ajv({ strict: false });
  addFormats.default(ajv);
  const queries = Object.assign(
    {},
    ...extras.map((extra) => extra.resolvers),
    ...resources.map(queryResolvers),
  );
  const mutations = Object.assign({}, ...resources.map((resource) => mutationResolvers(resource, ajv)));
  return { Query: queries, Mutation: mutations, Map: mapScalar, Long: longScalar } as unknown as IResolvers; // mercurius types contexts globally
}

function loadersOf(resources: readonly AnyGraphqlResource[]): MercuriusLoaders {
  const byKind = new Map<Kind, AnyGraphqlResource>(
    resources.map((resource) => [resource.schema.kind, resource]),
  );
  const entries = resources
    .filter((resource) => resource.relations.length > 0)
    .map((resource) => [pascalCase(resource.schema.kind), relationLoaders(resource, byKind)]);
  return Object.fromEntries(entries) as MercuriusLoaders; // as above
}

const mapScalar = new GraphQLScalarType({
  name: 'Map',
  serialize: (value) => value,
  parseValue: (value) => value,
  parseLiteral: (node) => literalMap(node),
});

function literalMap(node: ValueNode): unknown {
  switch (node.kind) {
    case NodeKind.OBJECT:
      return Object.fromEntries(node.fields.map((field) => [field.name.value, literalMap(field.value)]));
    case NodeKind.LIST:
      return node.values.map(literalMap);
    case NodeKind.NULL:
      return null;
    case NodeKind.STRING:
    case NodeKind.ENUM:
    case NodeKind.BOOLEAN:
      return node.value;
    case NodeKind.INT:
    case NodeKind.FLOAT:
      return Number(node.value);
    case NodeKind.VARIABLE:
      throw new TypeError('A map holds no variables; pass the whole map as one.');
  }
}

const longScalar = new GraphQLScalarType({
  name: 'Long',
  serialize: (value) => value,
  parseValue: (value) => assertLong(Number(value)),
  parseLiteral: (node) => assertLong(node.kind === NodeKind.INT ? Number(node.value) : Number.NaN),
});

function assertLong(value: number): number {
  if (!Number.isSafeInteger(value)) throw new TypeError('A Long is a whole number up to 2^53.');
  return value;
}
