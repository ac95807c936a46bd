import type { Problem } from '../http/problem.ts';

/** A refusal before any document runs, in GraphQL's words. */
export function graphqlRefusal({ detail: message, ...problem }: Problem): object {
  return { data: null, errors: [{ message, extensions: extensionsOf(problem) }] };
}

/** What an error says beside its message. */
export function extensionsOf({
  code,
  status,
  params,
  errors,
  retryable,
  request_id,
}: Omit<Problem, 'detail'>): Record<string, unknown> {
  return { code, status, params, errors, retryable, requestId: request_id };
}
