/**
 * Everything that Netplane refuses, as one closed union. A domain error knows nothing of HTTP: the one table that
 * maps codes to REST and GraphQL is `apps/api/src/plugins/http/error-table.ts`.
 */

/** Code → one sentence of help. Open to clients: they must tolerate codes that they do not know. */
export const errorCodes = {
  address_in_use: 'Another resource holds this address; choose another one or omit it.',
  address_out_of_range: 'The address is in no range of the network; choose one inside or omit it.',
  being_deleted: 'The resource that is referred to is being deleted; wait until it is gone or use another.',
  cidr_in_use: 'The CIDR overlaps one that is in use on the cluster; choose another one or omit it.',
  cidr_out_of_pool: 'The CIDR is not inside the pool of project networks, or its size is not allowed.',
  cidr_reserved: 'The CIDR overlaps a reserved range; `params.reserved_by` names it.',
  forbidden: 'Your role does not allow this operation; ask an owner of the organization.',
  has_dependents: 'Other resources still use this one; delete them first.',
  idempotency_in_flight: 'A request with this idempotency key is still running; retry it shortly.',
  idempotency_key_reused: 'This idempotency key was used with another body; use a new key.',
  immutable_field: 'The field cannot change after creation; create a new resource instead.',
  internal: 'An unexpected error; retry, and report the request id if it stays.',
  invalid_cursor: 'The cursor is damaged or belongs to another filter or sort; start from the first page.',
  invalid_request: 'The request is malformed; `errors` says where.',
  last_owner: 'An organization keeps at least one owner; bind another owner first.',
  managed_elsewhere: 'The resource belongs to the one in `params.managed_by` and changes with it.',
  method_not_allowed: 'The path does not know this method; see the Allow header.',
  name_taken: 'The name is in use among its siblings; choose another one.',
  network_unavailable: 'No external network of that type serves the cluster; ask the platform.',
  no_cluster: 'No cluster takes projects; ask the platform.',
  non_canonical: 'The value is not in canonical form; `params.canonical` shows it.',
  not_found: 'It does not exist, or you may not know of it.',
  overloaded: 'The service is shedding load; retry after the time in Retry-After.',
  payload_too_large: 'The body is larger than 1 MiB; send less.',
  pool_exhausted: 'The network has no free address; release one or ask the platform.',
  precondition_failed: 'The resource has changed since you read it; read it again.',
  quota_exceeded: 'The request would pass a limit; release something or ask for a higher limit.',
  range_overlaps: 'The range overlaps another range of the network; choose another one.',
  rate_limited: 'Too many requests with this credential; retry after the time in Retry-After.',
  too_large: 'The range is larger than a /12; add several smaller ranges.',
  unauthenticated: 'A valid bearer token is needed.',
  unavailable: 'A part that the service needs is away; retry after the time in Retry-After.',
  unsupported: 'Netplane or the cluster cannot do this yet.',
  unsupported_media_type: 'Send application/json (PATCH: application/merge-patch+json).',
  uri_too_long: 'The URI is too long; send fewer or shorter filters.',
  validation_failed: 'A value is well-formed but makes no sense here; `errors` says which.',
  vlan_in_use: 'Another network of the cluster has this VLAN on that provider network; choose another.',
} as const;

export type ErrorCode = keyof typeof errorCodes;

/** The resource that stands in the way, named only where the caller may read it. */
export interface ErrorHolder {
  readonly kind: string;
  readonly id: string;
}

export interface FieldError {
  /** RFC 6901 pointer into the request body, or `?name` for a query parameter. */
  readonly pointer: string;
  readonly detail?: string;
  readonly holder?: ErrorHolder;
}

export interface ErrorDetails {
  /** What happened and what to do next; never names what belongs to others. */
  readonly detail?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly errors?: readonly FieldError[];
  readonly cause?: unknown;
}

export class NetplaneError extends Error {
  readonly code: ErrorCode;
  readonly params: Readonly<Record<string, unknown>>;
  readonly errors: readonly FieldError[];

  constructor(code: ErrorCode, details: ErrorDetails = {}) {
    super(
      details.detail ?? errorCodes[code],
      details.cause === undefined ? undefined : { cause: details.cause },
    );
    this.name = 'NetplaneError';
    this.code = code;
    this.params = details.params ?? {};
    this.errors = details.errors ?? [];
  }
}

export function isNetplaneError(error: unknown, code?: ErrorCode): error is NetplaneError {
  return error instanceof NetplaneError && (code === undefined || error.code === code);
}

/** 404 with the pointer of the field that held the unknown or foreign id. */
export function notFound(pointer?: string): NetplaneError {
  return new NetplaneError('not_found', pointer === undefined ? {} : { errors: [{ pointer }] });
}

export function invalid(
  pointer: string,
  detail: string,
  params: Record<string, unknown> = {},
): NetplaneError {
  return new NetplaneError('validation_failed', { detail, params, errors: [{ pointer, detail }] });
}

/** For the end of a `switch` over a union: the compiler refuses a forgotten case. */
export function assertNever(value: never): never {
  throw new TypeError(`unexpected value: ${JSON.stringify(value)}`);
}
