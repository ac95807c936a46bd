/**
 * A call to a cluster that did not succeed. `status` is the HTTP status, or 0 when no answer came
 * (connection refused, reset, timed out); `reason` is the API server's own word (`Conflict`,
 * `AlreadyExists`, `Expired`, `Forbidden`, …) or `Unreachable` / `Timeout` / `Aborted` for status 0.
 */
export class KubeError extends Error {
  readonly status: number;
  readonly reason: string;
  /** From a 429's or 503's Retry-After header. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    status: number,
    reason: string,
    message: string,
    options: { cause?: unknown; retryAfterSeconds?: number } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'KubeError';
    this.status = status;
    this.reason = reason;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

export function isKubeError(error: unknown, reason?: string): error is KubeError {
  return error instanceof KubeError && (reason === undefined || error.reason === reason);
}
