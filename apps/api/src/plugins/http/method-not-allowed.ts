/** A known path with another method answers 405 and says which methods it knows. */
import { METHODS } from 'node:http';
import { NetplaneError } from '@netplane/domain';
import type { FastifyInstance, FastifySchema, HTTPMethods } from 'fastify';
import { sendProblem } from './error-handler.ts';

/** Every method that reaches a handler: CONNECT asks for a tunnel and never does. */
const known = METHODS.filter((method) => method !== 'CONNECT') as HTTPMethods[]; // fastify's type lists the usual ones

/** Call before the routes are registered, and the function that it returns after. */
export function collectMethods(app: FastifyInstance): () => void {
  for (const method of known) if (!app.supportedMethods.includes(method)) app.addHttpMethod(method);
  const methodsByUrl = new Map<string, Set<string>>();
  app.addHook('onRoute', (route) => {
    const methods = methodsByUrl.get(route.url) ?? new Set<string>();
    for (const method of [route.method].flat()) methods.add(method);
    methodsByUrl.set(route.url, methods);
  });
  return () => {
    for (const [url, methods] of [...methodsByUrl]) {
      const others = known.filter((method) => !methods.has(method));
      if (!isOfTheApi(url) || others.length === 0) continue;
      const allow = [...methods].join(', ');
      app.route({
        url,
        method: others,
        schema: { hide: true } as FastifySchema, // @fastify/swagger's own key
        config: { isPublic: true },
        // before the body is looked at: whatever it is, the method is what is wrong
        onRequest: async (request, reply) =>
          sendProblem(request, reply.header('allow', allow), new NetplaneError('method_not_allowed')),
        handler: unreachable,
      });
    }
  };
}

function unreachable(): never {
  throw new Error('answered before');
}

/** Pages and their files keep to themselves. */
function isOfTheApi(url: string): boolean {
  return url.startsWith('/v1/') || ['/graphql', '/healthz', '/readyz'].includes(url);
}
