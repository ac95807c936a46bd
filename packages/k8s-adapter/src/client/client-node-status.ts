import { KubeError } from './kube-error.ts';

/** What an API server says in a `Status` object, in its body or in an ERROR event of a watch. */
export interface StatusAnswer {
  readonly status: number;
  readonly reason: string;
  readonly message: string;
  readonly retryAfterSeconds: number | undefined;
  /** `details.name`, `details.kind` (the plural) and the fields of `details.causes`. */
  readonly name: string | undefined;
  readonly plural: string | undefined;
  readonly causeFields: readonly string[];
  /** Whether the body was a `Status` object at all: a proxy's or a mux's page is not. */
  readonly isStatus: boolean;
}

/** Words of the API server for answers that carry none (`k8s.io/apimachinery` `StatusReason`). */
const REASONS: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  409: 'Conflict',
  410: 'Gone',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

const MESSAGE_MAX = 2_000;
/** How a server-side apply says that a body does not fit the schema; it does so with 500 and no reason. */
const UNTYPED_PATCH = 'failed to create typed patch object';

/** Reads an answer that is not 2xx. `body` is its text, `retryAfter` the header of that name. */
export function readStatus(status: number, body: string, retryAfter?: string): StatusAnswer {
  const parsed = parseObject(body);
  const isStatus = parsed.kind === 'Status';
  const details = isStatus ? asObject(parsed.details) : {};
  const code = isStatus && typeof parsed.code === 'number' ? parsed.code : status;
  return {
    status: code,
    reason: (isStatus ? textOf(parsed.reason) : undefined) ?? REASONS[code] ?? 'Unknown',
    message: ((isStatus ? textOf(parsed.message) : undefined) ?? body.trim()).slice(0, MESSAGE_MAX),
    retryAfterSeconds: secondsOf(retryAfter) ?? numberOf(details.retryAfterSeconds),
    name: textOf(details.name),
    plural: textOf(details.kind),
    causeFields: arrayOf(details.causes).map((cause) => textOf(asObject(cause).field) ?? ''),
    isStatus,
  };
}

export function kubeErrorOf(answer: StatusAnswer): KubeError {
  const { status, reason, message, retryAfterSeconds } = answer;
  return new KubeError(
    status,
    reason,
    `${status} ${reason}: ${message}`,
    retryAfterSeconds === undefined ? {} : { retryAfterSeconds },
  );
}

/**
 * Errors of a server-side apply as `KubeClient` promises them. The API server answers a body that does not fit the
 * schema with 500 and no reason, and a `metadata.uid` of another object with 422 "field is immutable"
 * (both seen on kube-apiserver 1.35); to a caller they are 400 and 409, which do not get better by waiting.
 */
export function applyErrorOf(answer: StatusAnswer): KubeError {
  if (answer.status === 500 && answer.message.startsWith(UNTYPED_PATCH)) {
    return kubeErrorOf({ ...answer, status: 400, reason: 'BadRequest' });
  }
  if (answer.status === 422 && answer.causeFields.includes('metadata.uid')) {
    return kubeErrorOf({ ...answer, status: 409, reason: 'Conflict' });
  }
  return kubeErrorOf(answer);
}

function parseObject(body: string): Record<string, unknown> {
  try {
    return asObject(JSON.parse(body));
  } catch {
    return {}; // not JSON: the text itself becomes the message
  }
}

function asObject(value: unknown): Record<string, unknown> {
  // neither null nor an array, so its keys may be looked up
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}

function arrayOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && value > 0 ? value : undefined;
}

/** Retry-After as seconds; the other form, a date, is not used by API servers. */
function secondsOf(header: string | undefined): number | undefined {
  return header !== undefined && /^\d+$/.test(header) ? Number(header) : undefined;
}
