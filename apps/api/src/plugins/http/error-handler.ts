/** Turns whatever a request throws into application/problem+json. */
import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { type ErrorCode, type FieldError, isNetplaneError, NetplaneError } from '@netplane/domain';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { RETRY_AFTER_SECONDS } from './error-table.ts';
import { type Problem, presentProblem } from './problem.ts';

export const errorHandlerPlugin = fp(async (app) => {
  app.setErrorHandler((error: FastifyError, request, reply) => sendProblem(request, reply, error));
  app.setNotFoundHandler((request, reply) => sendProblem(request, reply, new NetplaneError('not_found')));
});

export function sendProblem(request: FastifyRequest, reply: FastifyReply, thrown: unknown): FastifyReply {
  return reply.type('application/problem+json').send(refuse(request, reply, thrown));
}

/** Status and headers of the refusal, and the problem to send; only what is nobody's refusal is logged as an error. */
export function refuse(request: FastifyRequest, reply: FastifyReply, thrown: unknown): Problem {
  const error = asNetplaneError(thrown);
  const problem = presentProblem(error, request.id);
  if (problem.status >= 500) request.log.error({ err: thrown }, 'request failed');
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer realm="netplane"');
  if (problem.status === 429 || problem.status === 503) {
    if (!reply.hasHeader('retry-after')) reply.header('retry-after', String(RETRY_AFTER_SECONDS));
  }
  reply.code(problem.status);
  return problem;
}

/** What Node's parser refuses before there is a request: a head that is too long, or that is no HTTP. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy(error);
  const code = error.code === 'HPE_HEADER_OVERFLOW' ? 'uri_too_long' : 'invalid_request';
  const problem = presentProblem(new NetplaneError(code), randomUUID());
  const body = JSON.stringify(problem);
  socket.end(
    [
      `HTTP/1.1 ${problem.status} ${problem.title}`,
      'content-type: application/problem+json',
      `content-length: ${Buffer.byteLength(body)}`,
      `x-request-id: ${problem.request_id}`,
      'connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}

/** Fastify's own codes in our words (fastify.dev/docs/latest/Reference/Errors). */
const fastifyCodes: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'payload_too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_MAX_URI_LENGTH: 'uri_too_long',
};

function asNetplaneError(error: unknown): NetplaneError {
  if (isNetplaneError(error)) return error;
  if (!(error instanceof Error)) return new NetplaneError('internal', { cause: error });
  const { code = '', statusCode = 500, validation, validationContext } = error as Partial<FastifyError>; // read with defaults
  if (validation !== undefined) {
    return new NetplaneError('invalid_request', {
      errors: validation.map((failure) => fieldErrorOf(failure, validationContext)),
      cause: error,
    });
  }
  const known = fastifyCodes[code];
  if (known !== undefined) return new NetplaneError(known, { cause: error });
  if (statusCode === 429) return new NetplaneError('rate_limited', { cause: error });
  if (statusCode === 503) return new NetplaneError('overloaded', { cause: error });
  if (statusCode >= 400 && statusCode < 500) {
    return new NetplaneError('invalid_request', { detail: error.message, cause: error });
  }
  return new NetplaneError('internal', { cause: error });
}

type Failure = NonNullable<FastifyError['validation']>[number];

/** ajv's complaint as a pointer: `/labels/a` of a body, `?name` of the query. */
function fieldErrorOf(failure: Failure, context: string | undefined): FieldError {
  const extra = failure.params.additionalProperty ?? failure.params.missingProperty;
  const leaf = typeof extra === 'string' ? `/${extra.replaceAll('~', '~0').replaceAll('/', '~1')}` : '';
  const path = `${failure.instancePath}${leaf}`;
  const isQuery = context === 'querystring';
  const detail =
    typeof failure.params.additionalProperty === 'string' ? 'unknown field' : (failure.message ?? 'invalid');
  return { pointer: isQuery ? `?${path.split('/')[1] ?? ''}` : path, detail };
}
