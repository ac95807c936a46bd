/** The one table that maps refusals to HTTP and GraphQL. */
import type { ErrorCode } from '@netplane/domain';

interface ErrorRow {
  readonly status: number;
  /** Whether the same request may succeed later without a change. */
  readonly retryable: boolean;
}

export const errorTable = {
  invalid_request: { status: 400, retryable: false },
  invalid_cursor: { status: 400, retryable: false },
  unauthenticated: { status: 401, retryable: false },
  forbidden: { status: 403, retryable: false },
  not_found: { status: 404, retryable: false },
  method_not_allowed: { status: 405, retryable: false },
  address_in_use: { status: 409, retryable: false },
  being_deleted: { status: 409, retryable: false },
  cidr_in_use: { status: 409, retryable: false },
  has_dependents: { status: 409, retryable: false },
  idempotency_in_flight: { status: 409, retryable: true },
  last_owner: { status: 409, retryable: false },
  managed_elsewhere: { status: 409, retryable: false },
  name_taken: { status: 409, retryable: false },
  network_unavailable: { status: 409, retryable: false },
  no_cluster: { status: 409, retryable: false },
  pool_exhausted: { status: 409, retryable: false },
  quota_exceeded: { status: 409, retryable: false },
  range_overlaps: { status: 409, retryable: false },
  vlan_in_use: { status: 409, retryable: false },
  precondition_failed: { status: 412, retryable: false },
  payload_too_large: { status: 413, retryable: false },
  uri_too_long: { status: 414, retryable: false },
  unsupported_media_type: { status: 415, retryable: false },
  address_out_of_range: { status: 422, retryable: false },
  cidr_out_of_pool: { status: 422, retryable: false },
  cidr_reserved: { status: 422, retryable: false },
  idempotency_key_reused: { status: 422, retryable: false },
  immutable_field: { status: 422, retryable: false },
  non_canonical: { status: 422, retryable: false },
  too_large: { status: 422, retryable: false },
  unsupported: { status: 422, retryable: false },
  validation_failed: { status: 422, retryable: false },
  rate_limited: { status: 429, retryable: true },
  internal: { status: 500, retryable: true },
  overloaded: { status: 503, retryable: true },
  unavailable: { status: 503, retryable: true },
} as const satisfies Record<ErrorCode, ErrorRow>;

export const RETRY_AFTER_SECONDS = 1;
