/** `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): which requests are the same. */
import { hash } from 'node:crypto';
import type { Caller } from '@netplane/db';
import { NetplaneError } from '@netplane/domain';

const KEY_LENGTH_MAX = 255;

/**
 * The key with a SHA-256 over method, path and canonical body.
 * @throws NetplaneError `invalid_request` for a key that is empty, too long or not printable ASCII
 */
export function idempotencyOf(
  key: string | undefined,
  request: { readonly method: string; readonly path: string; readonly body: unknown },
): Caller['idempotency'] {
  if (key === undefined) return null;
  if (key.length > KEY_LENGTH_MAX || !/^[\x21-\x7e]+$/.test(key)) {
    throw new NetplaneError('invalid_request', {
      detail: `An idempotency key has 1 to ${KEY_LENGTH_MAX} printable characters.`,
    });
  }
  const fingerprint = hash(
    'sha256',
    `${request.method}\n${request.path}\n${canonicalJson(request.body)}`,
    'buffer',
  );
  return { key, fingerprint };
}

/** JSON with sorted keys and no blanks: equal for bodies that mean the same. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
