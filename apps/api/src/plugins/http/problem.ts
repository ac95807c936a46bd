/** RFC 9457 problem details of a refusal. */

import { STATUS_CODES } from 'node:http';
import { type FieldError, isNetplaneError, NetplaneError } from '@netplane/domain';
import { Type } from 'typebox';
import { errorTable } from './error-table.ts';

export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly retryable: boolean;
  readonly errors: readonly FieldError[];
  readonly request_id: string;
}

export const ProblemSchema = Type.Object(
  {
    type: Type.String({ description: '`urn:netplane:problem:<code>`' }),
    title: Type.String({ description: "The HTTP status' own words" }),
    status: Type.Integer(),
    code: Type.String({ description: 'What was refused; an open list, see docs/errors.md' }),
    detail: Type.String({ description: 'What happened and what to do next' }),
    params: Type.Record(Type.String(), Type.Unknown(), { description: "The detail's values" }),
    retryable: Type.Boolean({ description: 'Whether the same request may succeed later without a change' }),
    errors: Type.Array(
      Type.Object({
        pointer: Type.String({
          description: 'RFC 6901 pointer into the body, or `?name` for a query parameter',
        }),
        detail: Type.Optional(Type.String()),
        holder: Type.Optional(Type.Object({ kind: Type.String(), id: Type.String() })),
      }),
    ),
    request_id: Type.String(),
  },
  { $id: 'Problem', description: 'RFC 9457 problem details' },
);

/** Whatever was thrown, as a problem; what is nobody's refusal is `internal` and tells nothing. */
export function presentProblem(error: unknown, requestId: string): Problem {
  const refusal = isNetplaneError(error) ? error : new NetplaneError('internal', { cause: error });
  const { status, retryable } = errorTable[refusal.code];
  return {
    type: `urn:netplane:problem:${refusal.code}`,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    code: refusal.code,
    detail: refusal.message,
    params: refusal.params,
    retryable,
    errors: refusal.errors,
    request_id: requestId,
  };
}
