/** What every service gets first: who asks, and the process's own things. */

import type { ApiDatabase, Caller, Notifier } from '@netplane/db';
import type { Actor } from '@netplane/domain';
import type { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { ApiSettings } from './config.ts';
import type { Waiters } from './plugins/http/waiting.ts';

/** Made once per process by `app.ts`; tests hand in their own clock and ids. */
export interface ApiServices {
  readonly settings: ApiSettings;
  readonly database: ApiDatabase;
  readonly now: () => Date;
  /** UUIDv7. */
  readonly newId: () => string;
  /** Tells the workers that there is work. */
  readonly wakeWorkers: Notifier;
  readonly waiters: Waiters;
  /** Project and network → the address given last: where the next search for a free one begins. */
  readonly addressHints: LRUCache<string, string>;
}

export interface RequestContext extends ApiServices {
  readonly actor: Actor;
  readonly requestId: string;
  readonly log: Logger;
  /** Aborted when the caller goes away. */
  readonly signal: AbortSignal;
  readonly idempotency: Caller['idempotency'];
  /** Does what waits for somebody else, so that it keeps no request from being served. */
  readonly aside: <T>(work: () => Promise<T>) => Promise<T>;
}

/** The part of the context that audit and idempotency rows keep. */
export function callerOf(ctx: RequestContext): Caller {
  return {
    issuerId: ctx.actor.issuerId,
    subject: ctx.actor.subject,
    email: ctx.actor.email,
    requestId: ctx.requestId,
    idempotency: ctx.idempotency,
  };
}
