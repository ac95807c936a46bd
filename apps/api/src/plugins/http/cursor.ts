/** Page cursors: opaque, signed, and bound to the filter and sort that they were made for. */
import { createHmac, hash, timingSafeEqual } from 'node:crypto';
import { NetplaneError } from '@netplane/domain';
import { canonicalJson } from './idempotency.ts';

export interface CursorPosition {
  /** The sort column's value of the last row. */
  readonly value: string;
  readonly id: string;
}

const SIGNATURE_BYTES = 16;

/** @param query what the page was asked with, without cursor and limit */
export function makeCursor(secret: string, query: object, position: CursorPosition): string {
  const payload = Buffer.from(JSON.stringify([queryHash(query), position.value, position.id]));
  return Buffer.concat([sign(secret, payload), payload]).toString('base64url');
}

/** @throws NetplaneError `invalid_cursor` */
export function readCursor(secret: string, query: object, cursor: string): CursorPosition {
  const bytes = Buffer.from(cursor, 'base64url');
  const signature = bytes.subarray(0, SIGNATURE_BYTES);
  const payload = bytes.subarray(SIGNATURE_BYTES);
  const isOurs = signature.length === SIGNATURE_BYTES && timingSafeEqual(signature, sign(secret, payload));
  if (!isOurs) throw invalidCursor();
  const [queried, value, id] = JSON.parse(payload.toString()) as [string, string, string]; // signed, so made above
  if (queried !== queryHash(query)) throw invalidCursor();
  return { value, id };
}

function sign(secret: string, payload: Buffer): Buffer {
  return createHmac('sha256', secret).update(payload).digest().subarray(0, SIGNATURE_BYTES);
}

function queryHash(query: object): string {
  return hash('sha256', canonicalJson(query), 'base64url').slice(0, 16);
}

function invalidCursor(): NetplaneError {
  return new NetplaneError('invalid_cursor', { errors: [{ pointer: '?cursor' }] });
}
