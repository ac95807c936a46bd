/** 503 `overloaded`, made once and sent with next to no work: it is for the moment in which there is too much of that. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { NetplaneError } from '@netplane/domain';
import { graphqlRefusal } from '../graphql/refusal.ts';
import { corsHeadersOf } from './browsers.ts';
import { RETRY_AFTER_SECONDS } from './error-table.ts';
import { presentProblem } from './problem.ts';
import { requestIdOf } from './request-id.ts';

/** In the place of the request id until there is one. */
const MARK = '00000000-0000-0000-0000-000000000000';

/** The same that error-handler.ts answers, as problem+json or as GraphQL says it. */
export function makeRefusal(
  origins: readonly string[],
): (request: IncomingMessage, response: ServerResponse) => void {
  const problem = presentProblem(new NetplaneError('overloaded'), MARK);
  const rest = { type: 'application/problem+json', parts: JSON.stringify(problem).split(MARK) };
  const graphql = {
    type: 'application/json; charset=utf-8',
    parts: JSON.stringify(graphqlRefusal(problem)).split(MARK),
  };
  return (request, response) => {
    if (response.destroyed) return;
    const id = requestIdOf(request.headers['x-request-id']);
    const { type, parts } = request.url?.startsWith('/graphql') === true ? graphql : rest;
    const body = parts.join(id);
    response.writeHead(problem.status, {
      'content-type': type,
      'content-length': Buffer.byteLength(body),
      'retry-after': String(RETRY_AFTER_SECONDS),
      'x-request-id': id,
      'cache-control': 'private, no-cache',
      'x-content-type-options': 'nosniff',
      ...corsHeadersOf(request.headers.origin, origins),
    });
    response.end(body);
  };
}
