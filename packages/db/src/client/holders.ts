/** Who holds the name or address that a refusal is about, where the caller may read it. */
import {
  type ErrorCode,
  isNetplaneError,
  type Kind,
  NetplaneError,
  presentId,
  type Scope,
} from '@netplane/domain';
import type { QueryConfig } from 'pg';
import { type ApiDatabase, query } from './database.ts';

/**
 * Runs `work`; a refusal with this code is thrown again with the holder that `lookup` finds. The lookup runs as the
 * caller, so it finds nothing that the caller may not read.
 */
export async function namingHolder<T>(
  database: ApiDatabase,
  scope: Scope,
  refusal: {
    readonly code: ErrorCode;
    /** Where two fields can be refused with the same code. */
    readonly pointer?: string;
    readonly kind: Kind;
    readonly lookup: QueryConfig;
  },
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isNetplaneError(error, refusal.code)) throw error;
    if (refusal.pointer !== undefined && error.errors[0]?.pointer !== refusal.pointer) throw error;
    const [holder] = await query<{ id: string }>(database, scope, refusal.lookup);
    if (holder === undefined) throw error;
    const named = { kind: refusal.kind, id: presentId(refusal.kind, holder.id) };
    throw new NetplaneError(error.code, {
      detail: error.message,
      params: error.params,
      errors: error.errors.map((fieldError) => ({ ...fieldError, holder: named })),
      cause: error,
    });
  }
}
