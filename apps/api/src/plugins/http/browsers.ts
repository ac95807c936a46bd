/** What browsers may do: CORS for the listed origins only, and helmet's headers. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import helmet, { type HelmetOptions } from 'helmet';

const requestHeaders = [
  'Authorization',
  'Content-Type',
  'Idempotency-Key',
  'If-Match',
  'If-None-Match',
  'Prefer',
  'X-Request-Id',
];
const responseHeaders = [
  ...['ETag', 'Idempotency-Replayed', 'Location', 'Preference-Applied', 'Retry-After', 'X-Request-Id'],
  ...['X-RateLimit-Limit', 'X-RateLimit-Remaining', 'X-RateLimit-Reset'],
];
/** What @fastify/cors says in an answer, for one that does not pass it. */
export function corsHeadersOf(
  origin: string | undefined,
  origins: readonly string[],
): Readonly<Record<string, string>> {
  if (origins.length === 0) return {};
  const isListed = origin !== undefined && origins.includes(origin);
  return {
    vary: 'Origin',
    ...(isListed
      ? {
          'access-control-allow-origin': origin,
          'access-control-expose-headers': responseHeaders.join(', '),
          'cross-origin-resource-policy': 'cross-origin',
        }
      : {}),
  };
}

const PREFLIGHT_SECONDS = 600;

export const browsersPlugin = fp(
  async (app: FastifyInstance, options: { readonly origins: readonly string[] }) => {
    const headers = helmetHeaders({
      // the documents' pages run their own scripts from this server; the API itself answers no page
      contentSecurityPolicy: {
        directives: {
          defaultSrc: ["'self'"],
          imgSrc: ["'self'", 'data:'],
          styleSrc: ["'self'", "'unsafe-inline'"],
          scriptSrc: ["'self'"],
          fontSrc: ["'self'", 'data:'],
          connectSrc: ["'self'"],
          upgradeInsecureRequests: null,
        },
      },
      crossOriginResourcePolicy: { policy: options.origins.length === 0 ? 'same-origin' : 'cross-origin' },
      hsts: false, // the proxy that ends TLS says so
    });
    app.addHook('onRequest', (_, reply, done) => {
      reply.headers(headers);
      done();
    });
    if (options.origins.length === 0) return;
    await app.register(cors, {
      origin: [...options.origins],
      methods: ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'],
      allowedHeaders: requestHeaders,
      exposedHeaders: responseHeaders,
      maxAge: PREFLIGHT_SECONDS,
      credentials: false,
    });
  },
);

/** helmet says the same to every request, so it is asked once. */
function helmetHeaders(options: HelmetOptions): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  const response = {
    setHeader: (name: string, value: string) => {
      headers[name] = value;
    },
    removeHeader: () => {},
  };
  // all that its middlewares use of a response; they look at no request
  helmet(options)({} as IncomingMessage, response as unknown as ServerResponse, () => {});
  return headers;
}
