/** Limits per credential. */
import { hash } from 'node:crypto';
import rateLimit from '@fastify/rate-limit';
import { NetplaneError } from '@netplane/domain';
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import { createRateLimitStore } from './rate-limit-store.ts';

export interface RateLimitOptions {
  readonly perSecond: number;
  readonly burst: number;
}

const CREDENTIALS_MAX = 50_000;
const MILLISECONDS = 1_000;

export const rateLimitPlugin = fp(async (app: FastifyInstance, options: RateLimitOptions) => {
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
});

/** Tokens are not kept as they are. */
function credentialOf(header: string | undefined): string | undefined {
  return header === undefined ? undefined : hash('sha256', header, 'base64');
}
