/** `/healthz`: the process runs. `/readyz`: it can serve, which takes the database and nothing else. */
import { type ApiDatabase, query } from '@netplane/db';
import type { FastifyInstance } from 'fastify';

export interface HealthOptions {
  readonly database: ApiDatabase;
  /** Set while the process is stopping: load balancers go elsewhere. */
  readonly isStopping: () => boolean;
}

export async function healthRoutes(
  app: FastifyInstance,
  { database, isStopping }: HealthOptions,
): Promise<void> {
  const config = { isPublic: true };
  const schema = { hide: true };
  app.get('/healthz', { config, schema, handler: async () => ({ status: 'ok' }) });
  app.get('/readyz', {
    config,
    schema,
    handler: async (_, reply) => {
      const checks = { database: await databaseAnswers(database), running: !isStopping() };
      const isReady = Object.values(checks).every(Boolean);
      return reply.code(isReady ? 200 : 503).send({ status: isReady ? 'ok' : 'unavailable', checks });
    },
  });
}

async function databaseAnswers(database: ApiDatabase): Promise<boolean> {
  return query(database, { kind: 'platform' }, { text: 'select 1' }).then(
    () => true,
    () => false,
  );
}
