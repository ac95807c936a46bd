/** `POST /graphql`: the same operations as REST under the same authentication, limits and request ids. */
import { isNetplaneError } from '@netplane/domain';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type ExecutionResult, GraphQLError, NoSchemaIntrospectionCustomRule } from 'graphql';
import { mercurius } from 'mercurius';
import { Type } from 'typebox';
import { refuse } from '../http/error-handler.ts';
import { presentProblem } from '../http/problem.ts';
import { problemResponses } from '../resource/responses.ts';
import { costRule, DEPTH_MAX, refuseJson, TOKENS_MAX } from './limits.ts';
import { extensionsOf, graphqlRefusal } from './refusal.ts';
import type { GraphqlParts } from './schema.ts';

export interface GraphqlOptions {
  readonly parts: GraphqlParts;
  readonly introspection: boolean;
}

const body = Type.Object(
  {
    query: Type.String({ minLength: 1, maxLength: 100_000 }),
    variables: Type.Optional(Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()])),
    operationName: Type.Optional(Type.Union([Type.String(), Type.Null()])),
    extensions: Type.Optional(Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()])),
  },
  { additionalProperties: false },
);

interface GraphqlBody {
  readonly query: string;
  readonly variables?: Record<string, unknown> | null;
  readonly operationName?: string | null;
}

export async function graphqlPlugin(app: FastifyInstance, options: GraphqlOptions): Promise<void> {
  await app.register(mercurius, {
    schema: options.parts.sdl,
    resolvers: options.parts.resolvers,
    loaders: options.parts.loaders,
    routes: false,
    graphiql: false,
    cache: false, // the cost of a document depends on its variables
    queryDepth: DEPTH_MAX,
    graphql: { parseOptions: { maxTokens: TOKENS_MAX } },
    validationRules: ({ variables }) => [
      costRule(variables as Record<string, unknown> | undefined),
      ...(options.introspection ? [] : [NoSchemaIntrospectionCustomRule]),
    ],
    errorFormatter: formatErrors,
  });
  app.post('/graphql', {
    schema: documentation(body),
    config: { operation: 'graphql' },
    handler: (request: FastifyRequest, reply: FastifyReply) => {
      const { query, variables, operationName } = request.body as GraphqlBody; // validated by the schema
      refuseJson(query);
      return reply.graphql(query, { ctx: request.ctx }, variables ?? {}, operationName ?? undefined);
    },
  });
  // what happens before a document runs is said as GraphQL says it, too
  app.setErrorHandler((error, request, reply) => {
    const faults = documentFaults(error);
    if (faults !== undefined) {
      const { statusCode, response } = formatErrors({ errors: faults }, { ctx: { requestId: request.id } });
      return reply.code(statusCode).send(response);
    }
    return reply.send(graphqlRefusal(refuse(request, reply, error)));
  });
}

/** What mercurius says of a document that it does not run; `undefined` for anything else. */
function documentFaults(error: unknown): readonly GraphQLError[] | undefined {
  const { code, statusCode, errors, message } = (error ?? {}) as Partial<MercuriusError>; // read with care
  // thrown instead of collected where counting alone would take too long
  if (error instanceof GraphQLError) return [error];
  if (code?.startsWith('MER_ERR_') !== true || statusCode !== 400) return undefined;
  return errors !== undefined && errors.length > 0
    ? errors
    : [new GraphQLError(message ?? 'The document is wrong.')];
}

interface MercuriusError extends Error {
  readonly code: string;
  readonly statusCode: number;
  readonly errors?: readonly GraphQLError[];
}

function documentation(bodySchema: object) {
  const answer = (description: string) => ({
    description,
    content: { 'application/json': { schema: Type.Object({}) } },
  });
  const refusals = [400, 401, 413, 415, 429, 500, 503];
  return {
    operationId: 'graphql',
    tags: ['graphql'],
    summary: 'The same operations as GraphQL, see schema.graphql',
    security: [{ bearer: [] }],
    body: bodySchema,
    response: {
      200: answer('Data; a refused mutation is data, too'),
      ...problemResponses([405]),
      ...Object.fromEntries(
        refusals.map((status) => [status, answer('`data: null`, and `errors` that say why')]),
      ),
    },
  };
}

/** Faults of a document are 400; a refusal keeps its code; what is nobody's refusal tells nothing. */
function formatErrors(execution: ExecutionResult, context: unknown) {
  const errors = (execution.errors ?? []).map((error) => formatError(error, requestIdOf(context)));
  const statuses = errors.map((error) => Number(error.extensions.status ?? 400));
  const hasData = execution.data !== null && execution.data !== undefined;
  return {
    statusCode: hasData ? 200 : Math.max(...statuses, 400),
    response: { data: execution.data ?? null, errors },
  };
}

function formatError(error: GraphQLError, requestId: string): GraphQLError {
  const { originalError } = error;
  if (originalError === undefined || originalError instanceof GraphQLError) {
    return withExtensions(error, error.message, { code: 'invalid_request', status: 400, requestId });
  }
  const isDocumentFault = 'statusCode' in originalError && originalError.statusCode === 400;
  if (isDocumentFault && !isNetplaneError(originalError)) {
    return withExtensions(error, error.message, { code: 'invalid_request', status: 400, requestId });
  }
  const { detail, ...problem } = presentProblem(originalError, requestId);
  return withExtensions(error, detail, extensionsOf(problem));
}

function withExtensions(
  error: GraphQLError,
  message: string,
  extensions: Record<string, unknown>,
): GraphQLError {
  return new GraphQLError(message, {
    ...(error.nodes === undefined ? {} : { nodes: error.nodes }),
    ...(error.path === undefined ? {} : { path: error.path }),
    extensions,
  });
}

function requestIdOf(context: unknown): string {
  const { ctx } = (context ?? {}) as { ctx?: { requestId?: string } }; // absent when the document was refused
  return ctx?.requestId ?? '';
}
