/** Resolvers and loaders of every kind, over the same services and presenters as REST. */
import {
  assertNever,
  camelCase,
  isNetplaneError,
  type Kind,
  kinds,
  NetplaneError,
  parseId,
  pascalCase,
} from '@netplane/domain';
import type { Ajv } from 'ajv';
import type { RequestContext } from '../../context.ts';
import { idempotencyOf } from '../http/idempotency.ts';
import { presentProblem } from '../http/problem.ts';
import { WAIT_SECONDS_MAX } from '../http/waiting.ts';
import { createSchema, patchSchema } from '../resource/fields.ts';
import { settled } from '../resource/settle.ts';
import { camelPointer, camelView, snakeBody } from './camel-view.ts';
import { type ConnectionArguments, loadConnection, loadConnections } from './connection.ts';
import type { AnyGraphqlResource } from './graphql-resource.ts';

export interface GraphqlContext {
  readonly ctx: RequestContext;
}

type Resolver = (source: unknown, args: never, context: GraphqlContext) => Promise<unknown>;

export function queryResolvers(resource: AnyGraphqlResource): Record<string, Resolver> {
  const { schema } = resource;
  return {
    [camelCase(schema.kind)]: async (_, { id }: { id: string }, { ctx }) =>
      nullWhenForbidden(async () => {
        const uuid = parseId(schema.kind, id);
        const value = uuid === undefined ? undefined : await resource.service.get(ctx, uuid);
        return value === undefined ? null : camelView(resource.present(value, ctx));
      }),
    [camelCase(kinds[schema.kind].collection)]: async (_, args: ConnectionArguments, { ctx }) =>
      nullWhenForbidden(() => loadConnection(ctx, resource, args, {})),
  };
}

/** What a role may not see at all is null, as a 404 would be; errors are for faults of the document. */
async function nullWhenForbidden<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (isNetplaneError(error, 'forbidden')) return null;
    throw error;
  }
}

interface MutationArguments {
  readonly input: Readonly<Record<string, unknown>>;
  readonly wait?: number | null;
}

function problemData(error: unknown, requestId: string): object {
  const problem = presentProblem(error, requestId);
  const errors = problem.errors.map((each) => ({ ...each, pointer: camelPointer(each.pointer) }));
  return { __typename: 'Problem', ...(camelView({ ...problem, errors }) as object) }; // an object stays one
}

/** Refusals are data: every mutation answers its payload or a Problem. */
export function mutationResolvers(resource: AnyGraphqlResource, ajv: Ajv): Record<string, Resolver> {
  const name = pascalCase(resource.schema.kind);
  const assertBody = ajv.compile(createSchema(resource.schema.fields));
  const assertPatch = ajv.compile(patchSchema(resource.schema.fields));
  const answering =
    (verb: string, work: (ctx: RequestContext, args: MutationArguments) => Promise<object>): Resolver =>
    async (_, args: MutationArguments, { ctx }) => {
      try {
        return { __typename: `${verb}${name}Payload`, ...(await work(ctx, args)) };
      } catch (error) {
        if (!isNetplaneError(error) || isFault(error)) throw error;
        return problemData(error, ctx.requestId);
      }
    };
  return {
    [`create${name}`]: answering('Create', (ctx, args) => create(ctx, resource, args, assertBody)),
    [`update${name}`]: answering('Update', (ctx, args) => update(ctx, resource, args, assertPatch)),
    [`delete${name}`]: answering('Delete', (ctx, args) => remove(ctx, resource, args)),
  };
}

function isFault(error: NetplaneError): boolean {
  return error.code === 'internal' || error.code === 'unavailable' || error.code === 'overloaded';
}

type Validate = ReturnType<Ajv['compile']>;

async function create(
  ctx: RequestContext,
  resource: AnyGraphqlResource,
  args: MutationArguments,
  validate: Validate,
) {
  const { idempotencyKey, ...input } = args.input;
  const body = snakeBody(withoutNulls(input));
  assertValid(validate, body);
  const path = `/v1/${kinds[resource.schema.kind].collection}`;
  const key = typeof idempotencyKey === 'string' ? idempotencyKey : undefined;
  const idempotency = idempotencyOf(key, { method: 'POST', path, body });
  const { value, replayed } = await resource.service.create({ ...ctx, idempotency }, body);
  const seconds = replayed ? 0 : waitOf(args);
  const shown = (await settled(ctx, resource.service, value, seconds, 'ready')) ?? value;
  return { [camelCase(resource.schema.kind)]: camelView(resource.present(shown, ctx)), replayed };
}

async function update(
  ctx: RequestContext,
  resource: AnyGraphqlResource,
  args: MutationArguments,
  validate: Validate,
) {
  const { id, expectedRevision, ...input } = args.input;
  const patch = snakeBody(input);
  assertValid(validate, patch);
  const request = {
    id: uuidOf(resource.schema.kind, id),
    expectedRevision: revisionOf(expectedRevision),
    patch,
  };
  const value = await resource.service.update(ctx, request);
  const shown = (await settled(ctx, resource.service, value, waitOf(args), 'ready')) ?? value;
  return { [camelCase(resource.schema.kind)]: camelView(resource.present(shown, ctx)) };
}

async function remove(ctx: RequestContext, resource: AnyGraphqlResource, args: MutationArguments) {
  const { id, expectedRevision } = args.input;
  const request = { id: uuidOf(resource.schema.kind, id), expectedRevision: revisionOf(expectedRevision) };
  const deleting = await resource.service.delete(ctx, request);
  const value =
    deleting === undefined
      ? undefined
      : await settled(ctx, resource.service, deleting, waitOf(args), 'deleted');
  const shown = value === undefined ? null : camelView(resource.present(value, ctx));
  return { deletedId: id, [camelCase(resource.schema.kind)]: shown };
}

/** An input field that is null was not sent; only a patch says something with it. */
function withoutNulls(input: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== null));
}

function assertValid(validate: Validate, body: unknown): void {
  if (validate(body)) return;
  const errors = (validate.errors ?? []).map(({ instancePath, params, message }) => {
    const extra = params.additionalProperty ?? params.missingProperty;
    return {
      pointer: typeof extra === 'string' ? `${instancePath}/${extra}` : instancePath,
      detail: message ?? 'invalid',
    };
  });
  throw new NetplaneError('invalid_request', { errors });
}

function uuidOf(kind: Kind, id: unknown): string {
  const uuid = typeof id === 'string' ? parseId(kind, id) : undefined;
  if (uuid === undefined) throw new NetplaneError('not_found', { errors: [{ pointer: '/id' }] });
  return uuid;
}

function revisionOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

function waitOf({ wait }: MutationArguments): number {
  return Math.min(Math.max(wait ?? 0, 0), WAIT_SECONDS_MAX);
}

type Loader = (queries: readonly LoaderQuery[], context: GraphqlContext) => Promise<readonly unknown[]>;

interface LoaderQuery {
  readonly obj: Readonly<Record<string, unknown>>;
  readonly params: ConnectionArguments;
}

/** Relations in batches: one statement for all parents of a page, however many there are. */
export function relationLoaders(
  resource: AnyGraphqlResource,
  byKind: ReadonlyMap<Kind, AnyGraphqlResource>,
): Record<string, { loader: Loader; opts: { cache: false } }> {
  const entries = resource.relations.map((relation) => {
    const target = byKind.get(relation.target);
    if (target === undefined) throw new TypeError(`no GraphQL resource for ${relation.target}`);
    switch (relation.kind) {
      case 'one':
        return [
          relation.field,
          { loader: oneLoader(target, relation.idField), opts: { cache: false as const } },
        ];
      case 'many':
        return [
          relation.field,
          { loader: manyLoader(target, relation.filter), opts: { cache: false as const } },
        ];
      default:
        return assertNever(relation);
    }
  });
  return Object.fromEntries(entries);
}

function oneLoader(target: AnyGraphqlResource, idField: string): Loader {
  return async (queries, { ctx }) => {
    const wanted = queries.map(({ obj }) => parseId(target.schema.kind, String(obj[idField] ?? '')));
    const ids = [...new Set(wanted.filter((id) => id !== undefined))];
    if (ids.length === 0) return queries.map(() => null);
    const page = await nullWhenForbidden(() =>
      target.service.list(ctx, {
        equals: { id: ids },
        labels: [],
        sort: 'created_at',
        limit: ids.length,
        count: false,
      }),
    );
    const found = new Map(
      (page?.rows ?? []).map((value) => [value.id, camelView(target.present(value, ctx))]),
    );
    return wanted.map((id) => (id === undefined ? null : (found.get(id) ?? null)));
  };
}

/** Parents with the same arguments share a statement; mercurius batches what one page of parents asks. */
function manyLoader(target: AnyGraphqlResource, filter: string): Loader {
  return async (queries, { ctx }) => {
    const byArguments = Map.groupBy(queries, ({ params }) => JSON.stringify(params));
    const answers = new Map<LoaderQuery, unknown>();
    for (const group of byArguments.values()) {
      const [first] = group;
      const parents = group.map(({ obj }) => String(obj.id));
      const connections = await nullWhenForbidden(() =>
        loadConnections(ctx, target, first?.params ?? {}, filter, parents),
      );
      for (const [index, query] of group.entries()) answers.set(query, connections?.[index] ?? null);
    }
    return queries.map((query) => answers.get(query));
  };
}
