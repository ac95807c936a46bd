/** The API process: everything that `app.ts` needs, opened from settings and closed in order. */
import { createServer, type Server } from 'node:http';
import { channels, createNotifier, type Listener, listen, openPool, query, roles } from '@netplane/db';
import { LRUCache } from 'lru-cache';
import { pino } from 'pino';
import type { Registry } from 'prom-client';
import { uuidv7 } from 'uuidv7';
import { buildApp } from './app.ts';
import type { ApiSettings } from './config.ts';
import type { ApiServices } from './context.ts';
import { createAuthenticator } from './plugins/authentication/authenticator.ts';
import { fetchJson } from './plugins/authentication/fetch-json.ts';
import { createKeyStore } from './plugins/authentication/key-store.ts';
import { createWaiters } from './plugins/http/waiting.ts';
import { createRegistry } from './plugins/metrics.ts';

export interface RunningApi {
  readonly url: string;
  readonly adminUrl: string;
  /** Answers what is in flight, then closes. */
  stop(): Promise<void>;
}

const APPLICATION = 'netplane-api';
const WAKE_INTERVAL_MS = 20;
const HINTS_MAX = 10_000;
/** Connections that wait to be accepted: past it clients try again only after a second, then three. */
const BACKLOG = 4_096;
const EXPIRED_KEYS_INTERVAL_MS = 600_000;
/** Everything has been answered by then: a database that is away is not worth more. */
const CLOSE_TIMEOUT_MS = 3_000;
/** Lines are written at once: those that wait are lost with the process, and keep it from ending where nobody reads. */
const STDOUT = { sync: true };

export async function startApi(settings: ApiSettings, version: string): Promise<RunningApi> {
  const logger = pino(
    { level: settings.LOG_LEVEL, base: { service: APPLICATION } },
    pino.destination(STDOUT),
  );
  const onError = (err: unknown) => logger.warn({ err }, 'database connection');
  const poolOptions = {
    url: settings.DATABASE_URL,
    applicationName: APPLICATION,
    connectionsMax: settings.DATABASE_POOL_SIZE,
    onError,
  };
  const database = {
    tenants: openPool({ ...poolOptions, role: roles.api }),
    platform: openPool({ ...poolOptions, role: roles.platform }),
  };
  const wakeWorkers = createNotifier(database.platform, channels.work, {
    intervalMs: WAKE_INTERVAL_MS,
    onError,
  });
  const waiters = createWaiters();
  const authenticator = createAuthenticator({
    database,
    now: () => new Date(),
    makeKeyStore: ({ issuerUrl, jwksUri }) =>
      createKeyStore({
        issuerUrl,
        jwksUri,
        allowHttp: settings.ALLOW_HTTP_ISSUERS,
        fetchJson,
        clock: () => performance.now(),
        onFetchFailed: (err) => logger.warn({ err, issuerUrl }, 'keys of an issuer could not be fetched'),
      }),
  });
  const listeners = startListeners(settings.DATABASE_URL, authenticator, waiters, onError);
  const services: ApiServices = {
    settings,
    database,
    now: () => new Date(),
    newId: uuidv7,
    wakeWorkers,
    waiters,
    addressHints: new LRUCache({ max: HINTS_MAX }),
  };
  const state = { isStopping: false };
  const registry = createRegistry();
  const app = await buildApp({
    services,
    authenticator,
    registry,
    logger,
    version,
    isStopping: () => state.isStopping,
  });
  const url = await app.listen({ host: settings.HOST, port: settings.PORT, backlog: BACKLOG });
  const admin = await startAdmin(registry, settings);
  const purge = setInterval(() => void purgeExpiredKeys(database).catch(onError), EXPIRED_KEYS_INTERVAL_MS);
  logger.info({ url, adminUrl: admin.url }, 'ready');

  async function closeDatabase(): Promise<void> {
    await Promise.all(listeners.map((listener) => listener.close()));
    await wakeWorkers.close();
    await Promise.all([database.tenants.end(), database.platform.end()]);
  }

  return {
    url,
    adminUrl: admin.url,
    async stop() {
      state.isStopping = true;
      clearInterval(purge);
      waiters.close();
      await app.close();
      await within(CLOSE_TIMEOUT_MS, closeDatabase()).catch(onError);
      admin.server.close();
    },
  };
}

/** @throws Error after that time; what is under way is left to itself */
async function within(timeoutMs: number, work: Promise<void>): Promise<void> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`not closed after ${timeoutMs} ms`)), timeoutMs);
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}

function startListeners(
  url: string,
  authenticator: ReturnType<typeof createAuthenticator>,
  waiters: ReturnType<typeof createWaiters>,
  onError: (error: unknown) => void,
): readonly Listener[] {
  const onLost = (error: unknown) => (error === undefined ? undefined : onError(error));
  return [
    listen({
      url,
      channel: channels.status,
      applicationName: `${APPLICATION}-status`,
      onMessage: (payload) => waiters.wake(payload.split(',')),
      onConnect: () => waiters.wake([]),
      onDisconnect: onLost,
    }),
    listen({
      url,
      channel: channels.access,
      applicationName: `${APPLICATION}-access`,
      onMessage: () => authenticator.forget(),
      onConnect: () => authenticator.setListening(true),
      onDisconnect(error) {
        authenticator.setListening(false);
        onLost(error);
      },
    }),
  ];
}

/** Kept answers live 24 hours; what is older is only in the way. */
async function purgeExpiredKeys(database: ApiServices['database']): Promise<void> {
  await query(
    database,
    { kind: 'platform' },
    { text: 'delete from idempotency_key where expires_at < clock_timestamp()' },
  );
}

async function startAdmin(
  registry: Registry,
  settings: ApiSettings,
): Promise<{ server: Server; url: string }> {
  const server = createServer(async (request, response) => {
    const isMetrics = request.method === 'GET' && request.url === '/metrics';
    response.writeHead(isMetrics ? 200 : 404, { 'content-type': registry.contentType });
    response.end(isMetrics ? await registry.metrics() : '');
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject).listen(settings.ADMIN_PORT, settings.ADMIN_HOST, resolve);
  await promise;
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : settings.ADMIN_PORT;
  return { server, url: `http://${settings.ADMIN_HOST}:${port}` };
}
