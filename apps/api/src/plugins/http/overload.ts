/** Limits per credential, and shedding when the process cannot keep up. */
import { createHash } from 'node:crypto';
import rateLimit from '@fastify/rate-limit';
import underPressure from '@fastify/under-pressure';
import { NetplaneError } from '@netplane/domain';
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import { createRateLimitStore } from './rate-limit-store.ts';

export interface OverloadOptions {
  readonly perSecond: number;
  readonly burst: number;
}

/** Nothing is shed below this many requests in flight, however busy the process is. */
const SHED_ABOVE_IN_FLIGHT = 256;
const EVENT_LOOP_DELAY_MAX_MS = 1_000;
const CREDENTIALS_MAX = 50_000;
const MILLISECONDS = 1_000;

export const overloadPlugin = fp(async (app: FastifyInstance, options: OverloadOptions) => {
  await app.register(rateLimit, {
    global: true,
    hook: 'onRequest',
    // a burst at once, and the same again after the time in which the steady rate would have earned it
    max: options.burst,
    timeWindow: Math.ceil((options.burst / options.perSecond) * MILLISECONDS),
    store: createRateLimitStore(CREDENTIALS_MAX),
    keyGenerator: (request) => credentialOf(request.headers.authorization) ?? request.ip,
    errorResponseBuilder: () => new NetplaneError('rate_limited'),
  });
  let inFlight = 0;
  app.addHook('onRequest', async () => {
    inFlight += 1;
  });
  app.addHook('onResponse', async () => {
    inFlight -= 1;
  });
  await app.register(underPressure, {
    maxEventLoopDelay: EVENT_LOOP_DELAY_MAX_MS,
    pressureHandler: () => {
      if (inFlight > SHED_ABOVE_IN_FLIGHT) throw new NetplaneError('overloaded');
    },
  });
});

/** Tokens are not kept as they are. */
function credentialOf(header: string | undefined): string | undefined {
  return header === undefined ? undefined : createHash('sha256').update(header).digest('base64');
}
