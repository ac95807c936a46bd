/**
 * What PostgreSQL refuses, in Netplane's words: refusals of our own functions by their code, constraints by their name,
 * and everything that says "not now" as `unavailable`. The one place where SQLSTATEs are read.
 */
import { type ErrorCode, errorCodes, NetplaneError, presentId } from '@netplane/domain';
import pg from 'pg';

/** Raised by `refuse()`: message is the code, detail the params, hint the pointer. */
const REFUSED = 'NP000';

interface Refusal {
  readonly code: ErrorCode;
  readonly pointer: string;
  /** Where the code's own words do not fit. */
  readonly detail?: string;
}

const HOLDER_BOUND = 'This holder is bound in the organization already; change that binding instead.';
const WAITING_FOR_SURVEY =
  'The database was restored or copied: no address is given before they were compared with the cluster; retry later.';
const LIMIT_SET = 'There is a limit for this already; change that one instead.';

const constraints: Readonly<Record<string, Refusal>> = {
  organization_name_key: { code: 'name_taken', pointer: '/name' },
  project_name_key: { code: 'name_taken', pointer: '/name' },
  cluster_name_key: { code: 'name_taken', pointer: '/name' },
  external_network_name_key: { code: 'name_taken', pointer: '/name' },
  eip_name_key: { code: 'name_taken', pointer: '/name' },
  issuer_name_key: { code: 'name_taken', pointer: '/name' },
  issuer_url_key: { code: 'name_taken', pointer: '/issuer_url' },
  role_binding_subject_key: { code: 'name_taken', pointer: '/subject', detail: HOLDER_BOUND },
  role_binding_group_key: { code: 'name_taken', pointer: '/group', detail: HOLDER_BOUND },
  quota_limit_key: { code: 'name_taken', pointer: '/resource', detail: LIMIT_SET },
  project_cidr_excl: { code: 'cidr_in_use', pointer: '/cidr' },
  external_network_cidr_excl: { code: 'cidr_in_use', pointer: '/cidr' },
  external_network_vlan_key: { code: 'vlan_in_use', pointer: '/vlan_id' },
  ip_range_span_excl: { code: 'range_overlaps', pointer: '/first' },
};

const UNIQUE_VIOLATION = '23505';
const EXCLUSION_VIOLATION = '23P01';
const LOCK_NOT_AVAILABLE = '55P03';
const QUERY_CANCELED = '57014';
/** Text that no column can hold (a NUL), and instants that no calendar has. */
const unstorableStates = new Set(['22007', '22008', '22009', '22021']);
const PROTOCOL_VIOLATION = '08P01';
const retryableStates = new Set(['40001', '40P01']);
/** Classes: connection exceptions, insufficient resources (disk full, too many connections), operator intervention, I/O. */
const unavailableClasses = ['08', '53', '57', '58'];
const unavailableErrno = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOSPC',
]);
const unavailableMessages =
  /connection terminated|timeout exceeded when trying to connect|not queryable|connection error/i;

/** Deadlocks and serialization failures: the whole transaction may be tried again. */
export function isRetryable(error: unknown): boolean {
  return error instanceof pg.DatabaseError && retryableStates.has(error.code ?? '');
}

/**
 * A migration has changed the columns of a statement that this connection has prepared: nothing was done, and another
 * connection will do it. This one never will.
 */
export function isStalePlan(error: unknown): boolean {
  return (
    error instanceof pg.DatabaseError && error.code === '0A000' && error.routine === 'RevalidateCachedQuery'
  );
}

/** The error to throw instead; errors that are nobody's business pass unchanged. */
export function translated(error: unknown): unknown {
  if (error instanceof pg.DatabaseError) return translatedDatabaseError(error);
  if (!(error instanceof Error)) return error;
  const errno = (error as NodeJS.ErrnoException).code ?? ''; // absent on plain errors
  if (unavailableErrno.has(errno) || unavailableMessages.test(error.message)) return unavailable(error);
  return error;
}

function translatedDatabaseError(error: pg.DatabaseError): unknown {
  const state = error.code ?? '';
  if (state === REFUSED) return refused(error);
  if (state === UNIQUE_VIOLATION || state === EXCLUSION_VIOLATION) {
    const known = constraints[error.constraint ?? ''];
    if (known === undefined) return error;
    const { code, pointer, ...detail } = known;
    return new NetplaneError(code, { ...detail, errors: [{ pointer }], cause: error });
  }
  if (state === LOCK_NOT_AVAILABLE && (error.where ?? '').includes('lock_idempotency_key')) {
    return new NetplaneError('idempotency_in_flight', { cause: error });
  }
  if (unstorableStates.has(state)) {
    return new NetplaneError('invalid_request', { detail: 'A value cannot be stored.', cause: error });
  }
  const isAway = state === LOCK_NOT_AVAILABLE || state === QUERY_CANCELED || retryableStates.has(state);
  const isOurFault = state === PROTOCOL_VIOLATION;
  return isAway || (!isOurFault && unavailableClasses.includes(state.slice(0, 2)))
    ? unavailable(error)
    : error;
}

function refused(error: pg.DatabaseError): NetplaneError {
  const code = error.message;
  if (!(code in errorCodes))
    throw new TypeError(`the database refused with an unknown code: ${code}`, { cause: error });
  const params = JSON.parse(error.detail ?? '{}') as Record<string, unknown>; // built by refuse() as a JSON object
  const { external_network: network, ...rest } = params;
  return new NetplaneError(code as ErrorCode, {
    ...(params.waiting_for === 'survey' ? { detail: WAITING_FOR_SURVEY } : {}),
    params:
      typeof network === 'string' ? { ...rest, network_id: presentId('external-network', network) } : rest,
    errors: error.hint === undefined || error.hint === '' ? [] : [{ pointer: error.hint }],
    cause: error,
  });
}

function unavailable(cause: Error): NetplaneError {
  return new NetplaneError('unavailable', {
    detail: 'The database does not answer now; retry shortly.',
    cause,
  });
}
