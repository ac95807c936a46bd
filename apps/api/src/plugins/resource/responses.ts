/** The OpenAPI side of a route: operation id, answers and the problems that every operation may answer. */
import { type Kind, kinds, pascalCase } from '@netplane/domain';
import type { FastifySchema } from 'fastify';
import { type TSchema, Type } from 'typebox';
import { refTo } from './fields.ts';
import type { ResourceSchema } from './resource-schema.ts';

type Verb = 'create' | 'list' | 'get' | 'update' | 'delete';

interface Parts {
  readonly body?: TSchema;
  readonly querystring?: TSchema;
  readonly params?: TSchema;
  readonly headers?: TSchema;
  /** Instead of the resource itself. */
  readonly ok?: TSchema;
}

const verbWords: Record<Exclude<Verb, 'list'>, string> = {
  create: 'Create',
  get: 'Read',
  update: 'Change',
  delete: 'Delete',
};

/** Refusals by status that any operation may answer, and those of its verb. */
const everyProblem = [400, 401, 403, 405, 414, 429, 500, 503] as const;
const verbProblems: Record<Verb, readonly number[]> = {
  create: [404, 409, 413, 415, 422],
  list: [],
  get: [404],
  update: [404, 409, 412, 413, 415, 422],
  delete: [404, 409, 412],
};

/** The schema of one route, as fastify and the OpenAPI document take it. */
export function documented(schema: ResourceSchema, verb: Verb, parts: Parts): FastifySchema {
  const { ok, ...request } = parts;
  const patchConsumes = ['application/merge-patch+json', 'application/json'];
  return {
    operationId: `${schema.kind}.${verb}`,
    tags: [kinds[schema.kind].collection],
    summary: summaryOf(schema.kind, verb),
    description: capitalized(`${schema.summary}.`),
    security: [{ bearer: [] }],
    ...(verb === 'update' ? { consumes: patchConsumes } : {}),
    ...request,
    response: {
      ...successes(verb, ok ?? answerSchema(schema)),
      ...problemResponses([...everyProblem, ...verbProblems[verb]]),
    },
  } as FastifySchema; // operationId, tags and security are @fastify/swagger's
}

/** `Create an EIP`, `List IP ranges`. */
function summaryOf(kind: Kind, verb: Verb): string {
  const words = (text: string) =>
    text
      .split('-')
      .map((word) => (/^(eips?|ip)$/.test(word) ? word.toUpperCase().replace('PS', 'Ps') : word))
      .join(' ');
  if (verb === 'list') return `List ${words(kinds[kind].collection)}`;
  const noun = words(kind);
  return `${verbWords[verb]} ${/^[aeiou]/i.test(noun) ? 'an' : 'a'} ${noun}`;
}

function capitalized(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

const headers = {
  'x-request-id': { type: 'string', description: 'The same as in logs and audit' },
  etag: { type: 'string', description: '"<revision>-<status.revision>"' },
};

function successes(verb: Verb, body: TSchema): Record<number, object> {
  const requestId = { 'x-request-id': headers['x-request-id'] };
  const answer = (description: string) => ({
    description,
    headers,
    content: { 'application/json': { schema: body } },
  });
  switch (verb) {
    case 'create':
      return {
        201: {
          ...answer('Created, readable at once'),
          headers: {
            ...headers,
            location: { type: 'string', description: 'Path of the resource' },
            'idempotency-replayed': {
              type: 'string',
              description: 'true: the kept answer of this key',
            },
          },
        },
      };
    case 'list':
      return { 200: { ...answer('One page'), headers: requestId } };
    case 'get':
      return {
        200: answer('The resource'),
        304: { description: 'Unchanged', headers: { etag: headers.etag }, type: 'null' },
      };
    case 'update':
      return { 200: answer('The resource after the change') };
    case 'delete':
      return { 202: answer('Being deleted'), 204: { description: 'Gone', headers: requestId, type: 'null' } };
  }
}

export function problemResponses(statuses: readonly number[]): Record<number, object> {
  const sorted = [...statuses].sort((a, b) => a - b);
  return Object.fromEntries(
    sorted.map((status) => [
      status,
      { description: 'Refused', content: { 'application/problem+json': { schema: { $ref: 'Problem#' } } } },
    ]),
  );
}

/** `{items, next_cursor, total?}` */
export function pageSchema(schema: ResourceSchema): TSchema {
  return Type.Object({
    items: Type.Array(answerSchema(schema)),
    next_cursor: Type.Union([Type.String(), Type.Null()]),
    total: Type.Optional(Type.Integer({ description: 'With count=true; exact up to 10,000' })),
  });
}

function answerSchema(schema: ResourceSchema): TSchema {
  const whole = refTo(pascalCase(schema.kind));
  return schema.memberView === undefined
    ? whole
    : Type.Union([whole, refTo(`${pascalCase(schema.kind)}Summary`)]);
}
