import { type Kind, presentId } from '@netplane/domain';
import { expect } from 'vitest';
import type { Answer } from '../../support/api.ts';
import type { Problem } from './views.ts';

export interface ExpectedRefusal {
  readonly status: number;
  readonly code: string;
  /** Of the one entry of `errors`; `null` for none. Left out: not looked at. */
  readonly pointer?: string | null;
  /** Whole. Left out: not looked at. */
  readonly params?: Readonly<Record<string, unknown>>;
  /** Who stands in the way; `null` for nobody named. Left out: not looked at. */
  readonly holder?: { readonly kind: string; readonly id: string } | null;
}

/** Holds an answer to be application/problem+json that says exactly this. */
export function expectRefusal(answer: Answer<unknown>, expected: ExpectedRefusal): Problem {
  const problem = answer.body as Problem; // looked at below
  const { pointer, params, holder } = expected;
  const entries = problem?.errors ?? [];
  const seen = {
    status: answer.status,
    type: answer.headers.get('content-type')?.split(';')[0],
    code: problem?.code,
    ...(pointer === undefined ? {} : { pointers: entries.map((entry) => entry.pointer) }),
    ...(params === undefined ? {} : { params: problem?.params }),
    ...(holder === undefined ? {} : { holders: entries.flatMap((entry) => entry.holder ?? []) }),
  };
  expect(seen).toEqual({
    status: expected.status,
    type: 'application/problem+json',
    code: expected.code,
    ...(pointer === undefined ? {} : { pointers: pointer === null ? [] : [pointer] }),
    ...(params === undefined ? {} : { params }),
    ...(holder === undefined ? {} : { holders: holder === null ? [] : [holder] }),
  });
  return problem;
}

/** An id of that kind that nobody has. */
export function unknownId(kind: Kind): string {
  return presentId(kind, '01920000-0000-7000-8000-000000000001');
}
