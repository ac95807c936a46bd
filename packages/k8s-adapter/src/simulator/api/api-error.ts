import { KubeError } from '../../client/kube-error.ts';
import type { JsonMap } from '../json.ts';
import type { KindInfo } from '../kinds.ts';

export interface StatusCause {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
}

/**
 * A refusal as the API server words it (kube-apiserver 1.35; texts compared with a real one). `reason` is '' where the
 * real server gives none.
 */
export class ApiError extends KubeError {
  readonly details: StatusDetails | undefined;

  constructor(status: number, reason: string, message: string, details?: StatusDetails) {
    const retryAfterSeconds = details?.retryAfterSeconds;
    super(status, reason, message, retryAfterSeconds === undefined ? {} : { retryAfterSeconds });
    this.name = 'ApiError';
    this.details = details;
  }
}

/** The `Status` object that goes over the wire. */
export function statusBody(error: ApiError): JsonMap {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: error.message,
    ...(error.reason === '' ? {} : { reason: error.reason }),
    ...(error.details === undefined ? {} : { details: error.details }),
    code: error.status,
  };
}

export function badRequest(message: string): ApiError {
  return new ApiError(400, 'BadRequest', message);
}

/** What the server answers for faults of its own, and for apply bodies that do not fit the schema. */
export function internalError(message: string): ApiError {
  return new ApiError(500, '', message);
}

export function notFound(kind: KindInfo, name: string): ApiError {
  return new ApiError(404, 'NotFound', `${qualified(kind)} "${name}" not found`, detailsOf(kind, name));
}

export function alreadyExists(kind: KindInfo, name: string, terminating: boolean): ApiError {
  const prefix = terminating ? 'object is being deleted: ' : '';
  const message = `${prefix}${qualified(kind)} "${name}" already exists`;
  return new ApiError(409, 'AlreadyExists', message, detailsOf(kind, name));
}

export function conflict(kind: KindInfo, name: string, why: string): ApiError {
  const message = `Operation cannot be fulfilled on ${qualified(kind)} "${name}": ${why}`;
  return new ApiError(409, 'Conflict', message, detailsOf(kind, name));
}

export function invalid(kind: KindInfo, name: string, causes: readonly StatusCause[]): ApiError {
  const group = groupOf(kind);
  const list = causes.map(({ field, message }) => `${field}: ${message}`);
  const text = list.length === 1 ? list[0] : `[${list.join(', ')}]`;
  const qualifiedKind = group === '' ? kind.kind : `${kind.kind}.${group}`;
  const message = `${qualifiedKind} "${name}" is invalid: ${text}`;
  return new ApiError(422, 'Invalid', message, { ...detailsOf(kind, name), kind: kind.kind, causes });
}

export function forbidden(
  kind: KindInfo,
  name: string,
  why: string,
  causes?: readonly StatusCause[],
): ApiError {
  const message = `${qualified(kind)} "${name}" is forbidden: ${why}`;
  const details = detailsOf(kind, name);
  return new ApiError(403, 'Forbidden', message, causes === undefined ? details : { ...details, causes });
}

export function expired(message: string): ApiError {
  return new ApiError(410, 'Expired', message);
}

export function groupOf(kind: KindInfo): string {
  const [group = '', version] = kind.apiVersion.split('/');
  return version === undefined ? '' : group;
}

function qualified(kind: KindInfo): string {
  const group = groupOf(kind);
  return group === '' ? kind.plural : `${kind.plural}.${group}`;
}

function detailsOf(kind: KindInfo, name: string): StatusDetails {
  const group = groupOf(kind);
  return { name, ...(group === '' ? {} : { group }), kind: kind.plural };
}
