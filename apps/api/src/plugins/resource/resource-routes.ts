/**
 * The five REST routes of a kind, with every convention of the API: validation, conditional requests, idempotency,
 * waiting, pages. A handler reads the request, calls one service function and presents.
 */
import { type Kind, kinds, NetplaneError, type Operation, parseId, presentId } from '@netplane/domain';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { RequestContext } from '../../context.ts';
import { entityTag, expectedRevision, isUnchanged } from '../http/conditional.ts';
import { makeCursor } from '../http/cursor.ts';
import { preferredWait, WAIT_SECONDS_MAX } from '../http/waiting.ts';
import { createSchema, patchSchema } from './fields.ts';
import { cursorScope, type ListQuery, listQuerySchema, listRequestOf } from './list-query.ts';
import type { ResourceSchema } from './resource-schema.ts';
import { documented, pageSchema } from './responses.ts';
import type { Resource, ResourceService } from './service.ts';
import { settled } from './settle.ts';

export interface ResourceRoutes<Value extends Resource, Create, Patch> {
  readonly schema: ResourceSchema;
  readonly service: ResourceService<Value, Create, Patch>;
  readonly present: (value: Value, ctx: RequestContext) => object;
}

export function registerResource<Value extends Resource, Create, Patch>(
  app: FastifyInstance,
  definition: ResourceRoutes<Value, Create, Patch>,
): void {
  registerCreate(app, definition);
  registerList(app, definition);
  registerGet(app, definition);
  registerUpdate(app, definition);
  registerDelete(app, definition);
}

type Definition<Value extends Resource, Create, Patch> = ResourceRoutes<Value, Create, Patch>;

function registerCreate<Value extends Resource, Create, Patch>(
  app: FastifyInstance,
  definition: Definition<Value, Create, Patch>,
): void {
  const { schema, service } = definition;
  app.post(collectionPath(schema.kind), {
    schema: documented(schema, 'create', { body: createSchema(schema.fields), headers: createHeaders }),
    config: { operation: operationOf(schema.kind, 'create') },
    async handler(request, reply) {
      const { ctx } = request;
      const seconds = readWait(request, reply);
      const { value, replayed } = await service.create(ctx, request.body as Create); // validated by the schema
      const path = `${collectionPath(schema.kind)}/${presentId(schema.kind, value.id)}`;
      reply.code(201).header('location', path);
      if (replayed) {
        reply.header('idempotency-replayed', 'true').removeHeader('preference-applied'); // a replay never waits
        return sendResource(reply, definition, ctx, value);
      }
      return sendResource(
        reply,
        definition,
        ctx,
        (await settled(ctx, service, value, seconds, 'ready')) ?? value,
      );
    },
  });
}

function registerList<Value extends Resource, Create, Patch>(
  app: FastifyInstance,
  definition: Definition<Value, Create, Patch>,
): void {
  const { schema, service, present } = definition;
  app.get(collectionPath(schema.kind), {
    schema: documented(schema, 'list', { querystring: listQuerySchema(schema), ok: pageSchema(schema) }),
    config: { operation: operationOf(schema.kind, 'list') },
    async handler(request) {
      const { ctx } = request;
      const query = request.query as ListQuery; // validated by the schema
      const secret = ctx.settings.CURSOR_SECRET;
      const page = await service.list(ctx, listRequestOf(schema, query, secret));
      const last = page.rows.at(-1);
      const value = query.sort === 'name' ? last?.name : last?.createdAt;
      return {
        items: page.rows.map((row) => present(row, ctx)),
        next_cursor:
          page.more && last !== undefined && value !== undefined
            ? makeCursor(secret, cursorScope(schema, query), { value, id: last.id })
            : null,
        ...(page.total === undefined ? {} : { total: page.total }),
      };
    },
  });
}

function registerGet<Value extends Resource, Create, Patch>(
  app: FastifyInstance,
  definition: Definition<Value, Create, Patch>,
): void {
  const { schema, service } = definition;
  app.get<{ Params: IdParams; Querystring: WaitQuery }>(`${collectionPath(schema.kind)}/:id`, {
    schema: documented(schema, 'get', { params: idParams, querystring: waitQuery, headers: getHeaders }),
    config: { operation: operationOf(schema.kind, 'get') },
    async handler(request, reply) {
      const { ctx } = request;
      const { wait_for: target, timeout } = request.query;
      const found = await service.get(ctx, idOfPath(schema.kind, request.params));
      const value =
        found !== undefined && target !== undefined
          ? await settled(ctx, service, found, timeout ?? DEFAULT_TIMEOUT_SECONDS, target)
          : found;
      if (value === undefined) throw new NetplaneError('not_found');
      const tag = entityTag(revisionsOf(value));
      if (isUnchanged(request.headers['if-none-match'], tag))
        return reply.code(304).header('etag', tag).send();
      return sendResource(reply, definition, ctx, value);
    },
  });
}

function registerUpdate<Value extends Resource, Create, Patch>(
  app: FastifyInstance,
  definition: Definition<Value, Create, Patch>,
): void {
  const { schema, service } = definition;
  app.patch<{ Params: IdParams }>(`${collectionPath(schema.kind)}/:id`, {
    schema: documented(schema, 'update', {
      params: idParams,
      body: patchSchema(schema.fields),
      headers: changeHeaders,
    }),
    config: { operation: operationOf(schema.kind, 'update') },
    preValidation: async (request) => assertMutable(schema, request.body),
    async handler(request, reply) {
      const { ctx } = request;
      const seconds = readWait(request, reply);
      const value = await service.update(ctx, {
        id: idOfPath(schema.kind, request.params),
        expectedRevision: expectedRevision(request.headers['if-match']),
        patch: request.body as Patch, // validated by the schema
      });
      return sendResource(
        reply,
        definition,
        ctx,
        (await settled(ctx, service, value, seconds, 'ready')) ?? value,
      );
    },
  });
}

function registerDelete<Value extends Resource, Create, Patch>(
  app: FastifyInstance,
  definition: Definition<Value, Create, Patch>,
): void {
  const { schema, service } = definition;
  app.delete<{ Params: IdParams }>(`${collectionPath(schema.kind)}/:id`, {
    schema: documented(schema, 'delete', { params: idParams, headers: changeHeaders }),
    config: { operation: operationOf(schema.kind, 'delete') },
    async handler(request, reply) {
      const { ctx } = request;
      const seconds = readWait(request, reply);
      const deleting = await service.delete(ctx, {
        id: idOfPath(schema.kind, request.params),
        expectedRevision: expectedRevision(request.headers['if-match']),
      });
      const value =
        deleting === undefined ? undefined : await settled(ctx, service, deleting, seconds, 'deleted');
      if (value === undefined) return reply.code(204).send();
      reply.code(202);
      return sendResource(reply, definition, ctx, value);
    },
  });
}

/** RFC 7240: a preference that is followed is confirmed. */
function readWait(request: FastifyRequest, reply: FastifyReply): number {
  const seconds = preferredWait(request.headers.prefer);
  if (seconds > 0) reply.header('preference-applied', `wait=${seconds}`);
  return seconds;
}

interface IdParams {
  readonly id: string;
}

interface WaitQuery {
  readonly wait_for?: 'ready' | 'deleted';
  readonly timeout?: number;
}

const DEFAULT_TIMEOUT_SECONDS = 30;

const idParams = Type.Object({ id: Type.String({ description: 'TypeID' }) });
const waitQuery = Type.Object(
  {
    wait_for: Type.Optional(
      Type.String({ enum: ['ready', 'deleted'], description: 'Answer when it is so, or after the timeout' }),
    ),
    timeout: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: WAIT_SECONDS_MAX,
        default: DEFAULT_TIMEOUT_SECONDS,
        description: 'Seconds',
      }),
    ),
  },
  { additionalProperties: false },
);
const preferHeader = {
  prefer: Type.Optional(Type.String({ description: '`wait=N`: answer when settled, N ≤ 60 s' })),
};
const createHeaders = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      description:
        'A retry with the same key gets the same answer, 24 h; 1 to 255 printable ASCII characters without blanks',
    }),
  ),
  ...preferHeader,
});
const getHeaders = Type.Object({ 'if-none-match': Type.Optional(Type.String()) });
const changeHeaders = Type.Object({
  'if-match': Type.Optional(
    Type.String({
      description: 'The ETag, one, or `*`; its part before the dash must still be so',
    }),
  ),
  ...preferHeader,
});

function collectionPath(kind: Kind): string {
  return `/v1/${kinds[kind].collection}`;
}

function operationOf(kind: Kind, verb: 'create' | 'list' | 'get' | 'update' | 'delete'): Operation {
  return `${kind}.${verb}`;
}

/** An id of another shape or kind is an id that does not exist. */
function idOfPath(kind: Kind, params: IdParams): string {
  const id = parseId(kind, params.id);
  if (id === undefined) throw new NetplaneError('not_found');
  return id;
}

/** @throws NetplaneError `immutable_field` for what can be sent at creation only, or is only ever answered */
function assertMutable(schema: ResourceSchema, body: unknown): void {
  if (body === null || typeof body !== 'object' || Array.isArray(body)) return; // the schema refuses it
  const answered: object = 'properties' in schema.view ? (schema.view.properties as object) : {}; // a TObject's own
  const immutable = Object.keys(body).filter((name) =>
    name in schema.fields ? schema.fields[name]?.mutability === 'create' : name in answered,
  );
  if (immutable.length > 0) {
    throw new NetplaneError('immutable_field', {
      errors: immutable.map((name) => ({ pointer: `/${name}` })),
    });
  }
}

function sendResource<Value extends Resource, Create, Patch>(
  reply: FastifyReply,
  { present }: Definition<Value, Create, Patch>,
  ctx: RequestContext,
  value: Value,
): FastifyReply {
  return reply.header('etag', entityTag(revisionsOf(value))).send(present(value, ctx));
}

function revisionsOf(value: Resource) {
  return { revision: value.revision, statusRevision: value.status?.revision ?? 1 };
}
