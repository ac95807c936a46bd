import { ApiError } from './api/api-error.ts';
import type { KindInfo } from './kinds.ts';

export const verbs = ['get', 'list', 'watch', 'create', 'update', 'apply', 'patch', 'delete'] as const;
export type Verb = (typeof verbs)[number];

/** One request as faults and the ledger see it. */
export interface RequestInfo {
  readonly verb: Verb;
  readonly kind: KindInfo;
  readonly name: string | undefined;
}

/** What is to go wrong, with which requests, how often. */
export interface Fault {
  /** Any of these left out matches all. */
  readonly verb?: Verb;
  readonly kind?: string;
  readonly name?: string;
  /** Requests that it hits. Default 1. */
  readonly count?: number;
  /** Answer this instead of doing anything, e.g. 409, 429, 500. */
  readonly status?: number;
  readonly reason?: string;
  readonly retryAfterSeconds?: number;
  /** Wait before going on; alone it only makes the request slow. */
  readonly delayMs?: number;
  /** Cut the connection: before the request is done, or after, so that the caller cannot know that it was. */
  readonly dropConnection?: 'before' | 'after';
}

export interface Faults {
  failNext(fault: Fault): void;
  clear(): void;
  /** The fault that hits this request, counted down. */
  take(request: RequestInfo): Fault | undefined;
}

export function createFaults(): Faults {
  let faults: { readonly fault: Fault; left: number }[] = [];
  return {
    failNext: (fault) => {
      faults.push({ fault, left: fault.count ?? 1 });
    },
    clear: () => {
      faults = [];
    },
    take: (request) => {
      const hit = faults.find(({ fault }) => matches(fault, request));
      if (hit === undefined) return undefined;
      hit.left -= 1;
      if (hit.left <= 0) faults = faults.filter((entry) => entry !== hit);
      return hit.fault;
    },
  };
}

/** The connection is gone; HTTP destroys the socket, the in-process client says `Unreachable`. */
export class ConnectionDropped extends Error {
  constructor() {
    super('the simulator dropped the connection on purpose');
    this.name = 'ConnectionDropped';
  }
}

/**
 * Runs a request under the fault that hits it, if any. Throws `ConnectionDropped`, the fault's `ApiError`, or whatever
 * the request throws.
 */
export async function underFaults<T>(faults: Faults, request: RequestInfo, run: () => T): Promise<T> {
  const fault = faults.take(request);
  if (fault === undefined) return run();
  if (fault.delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, fault.delayMs));
  if (fault.dropConnection === 'before') throw new ConnectionDropped();
  if (fault.status !== undefined) throw errorOf(fault, fault.status);
  const result = run();
  if (fault.dropConnection === 'after') throw new ConnectionDropped();
  return result;
}

const REASONS: Readonly<Record<number, string>> = {
  403: 'Forbidden',
  409: 'Conflict',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

function errorOf({ reason, retryAfterSeconds }: Fault, status: number): ApiError {
  const details = retryAfterSeconds === undefined ? undefined : { retryAfterSeconds };
  return new ApiError(
    status,
    reason ?? REASONS[status] ?? 'Unknown',
    'the simulator fails on purpose',
    details,
  );
}

function matches(fault: Fault, { verb, kind, name }: RequestInfo): boolean {
  return (
    (fault.verb === undefined || fault.verb === verb) &&
    (fault.kind === undefined || fault.kind === kind.kind) &&
    (fault.name === undefined || fault.name === name)
  );
}
