/** Before every route that is not public: token → actor → `request.ctx`. */
import { NetplaneError, type Operation } from '@netplane/domain';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import type { Logger } from 'pino';
import type { ApiServices, RequestContext } from '../../context.ts';
import { idempotencyOf } from '../http/idempotency.ts';
import type { Gate } from '../http/overload.ts';
import type { Authenticator } from './authenticator.ts';

declare module 'fastify' {
  interface FastifyRequest {
    ctx: RequestContext;
  }
  interface FastifyContextConfig {
    /** Served without a token: health, documents. */
    readonly isPublic?: boolean;
    /** The policy row of the route. */
    readonly operation?: Operation | 'graphql';
  }
}

export interface AuthenticationOptions {
  readonly authenticator: Authenticator;
  readonly services: ApiServices;
  readonly gate: Gate;
}

export const authenticationPlugin = fp(async (app: FastifyInstance, options: AuthenticationOptions) => {
  const { authenticator, services, gate } = options;
  app.decorateRequest('ctx');
  app.addHook('onRequest', async (request, reply) => {
    const { config } = request.routeOptions;
    if (config.isPublic === true || request.is404) return;
    const actor = await authenticator.authenticate(bearerToken(request));
    const controller = new AbortController();
    reply.raw.once('close', () => {
      if (!reply.raw.writableFinished) controller.abort();
    });
    request.ctx = {
      ...services,
      actor,
      requestId: request.id,
      log: request.log as Logger, // the app is made with a pino logger
      signal: controller.signal,
      idempotency: null,
      aside: (work) => gate.slotOf(request.raw)?.aside(work) ?? work(),
    };
  });
  // the key is bound to the body, which is there only after parsing
  app.addHook('preHandler', (request, _, done) => {
    if (request.method !== 'POST' || request.ctx === undefined) return done();
    const key = [request.headers['idempotency-key'] ?? []].flat()[0];
    if (request.routeOptions.config.operation === 'graphql' || key === undefined) return done();
    const idempotency = idempotencyOf(key, {
      method: 'POST',
      path: request.routeOptions.url ?? '',
      body: request.body,
    });
    request.ctx = { ...request.ctx, idempotency };
    done();
  });
});

/** Tokens are taken from the header only, never from a URL or cookie. */
function bearerToken(request: FastifyRequest): string {
  const match = /^Bearer +([\w.~+/-]+=*)$/i.exec(request.headers.authorization ?? '');
  if (match?.[1] === undefined) throw new NetplaneError('unauthenticated');
  return match[1];
}
