/** `/healthz`, `/readyz` and `/metrics` of the worker. */
import { createServer, type Server } from 'node:http';
import type { Registry } from 'prom-client';

export interface AdminOptions {
  readonly host: string;
  readonly port: number;
  readonly registry: Registry;
  /** Each named check; ready when all are true. */
  readonly checks: () => Promise<Readonly<Record<string, boolean>>>;
}

export async function startAdmin(
  options: AdminOptions,
): Promise<{ readonly server: Server; readonly url: string }> {
  const server = createServer((request, response) => {
    answer(options, request.url ?? '')
      .catch(() => ({ status: 500, type: 'application/json', body: '{"status":"error"}' }))
      .then(({ status, type, body }) => response.writeHead(status, { 'content-type': type }).end(body));
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject).listen(options.port, options.host, resolve);
  await promise;
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  return { server, url: `http://${options.host}:${port}` };
}

async function answer({ registry, checks }: AdminOptions, path: string) {
  const type = 'application/json';
  switch (path) {
    case '/healthz':
      return { status: 200, type, body: '{"status":"ok"}' };
    case '/readyz': {
      const results = await checks();
      const isReady = Object.values(results).every(Boolean);
      const body = JSON.stringify({ status: isReady ? 'ok' : 'unavailable', checks: results });
      return { status: isReady ? 200 : 503, type, body };
    }
    case '/metrics':
      return { status: 200, type: registry.contentType, body: await registry.metrics() };
    default:
      return { status: 404, type, body: '{"status":"not found"}' };
  }
}
