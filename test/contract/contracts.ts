/** The committed contracts, rendered from the running app: `npm run generate` writes them, a test compares. */
import type {} from '@fastify/swagger'; // gives the app its `swagger()`
import { type Allowed, operations, policy } from '@netplane/domain';
import { buildSchema, lexicographicSortSchema, printSchema } from 'graphql';
import { LRUCache } from 'lru-cache';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { buildApp, graphqlParts } from '../../apps/api/src/app.ts';
import { readApiSettings } from '../../apps/api/src/config.ts';
import { createWaiters } from '../../apps/api/src/plugins/http/waiting.ts';
import packageFile from '../../package.json' with { type: 'json' };

export interface Contracts {
  /** By path below the checkout. */
  readonly files: Readonly<Record<string, string>>;
}

/** Needs no database: nothing is asked of it. */
export async function renderContracts(): Promise<Contracts> {
  const settings = readApiSettings({
    DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none',
    CURSOR_SECRET: 'a secret for rendering the contracts',
  });
  const app = await buildApp({
    services: {
      settings,
      database: { tenants: notThere(), platform: notThere() },
      now: () => new Date(0),
      newId: () => '',
      wakeWorkers: { notify: () => {}, takeTurn: () => false, close: async () => {} },
      waiters: createWaiters(),
      addressHints: new LRUCache({ max: 1 }),
    },
    authenticator: { authenticate: notThere, forget: () => {}, setListening: () => {} },
    registry: new Registry(),
    logger: pino({ level: 'silent' }),
    version: packageFile.version,
    isStopping: () => false,
  });
  const openapi = `${JSON.stringify(app.swagger(), null, 2)}\n`;
  const schema = `${printSchema(lexicographicSortSchema(buildSchema(graphqlParts().sdl)))}\n`;
  await app.close();
  return {
    files: {
      'openapi/openapi.json': openapi,
      'openapi/schema.graphql': schema,
      'openapi/operations.txt': renderOperations(),
    },
  };
}

function notThere(): never {
  return {} as never; // rendering asks nothing of it
}

/** The policy as a table: one operation a line. */
function renderOperations(): string {
  const who: readonly Allowed[] = ['admin', 'owner', 'developer', 'viewer', 'any'];
  const width = Math.max(...operations.map((operation) => operation.length));
  const header = `${'operation'.padEnd(width)}  ${who.join('  ')}`;
  const lines = operations.map((operation) => {
    const allowed: readonly Allowed[] = policy[operation];
    const marks = who.map((each) => (allowed.includes(each) ? 'x' : '-').padEnd(each.length));
    return `${operation.padEnd(width)}  ${marks.join('  ')}`.trimEnd();
  });
  return `${[header, ...lines].join('\n')}\n`;
}
