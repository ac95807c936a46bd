/** A database of its own for every test file, made from the migrated template. */
import { randomUUID } from 'node:crypto';
import { logins } from '@netplane/db';
import pg from 'pg';
import { inject } from 'vitest';
import { passwords, TEMPLATE } from './postgres.ts';

export interface TestDatabase {
  readonly superuserUrl: string;
  readonly ownerUrl: string;
  readonly apiUrl: string;
  readonly workerUrl: string;
  /** A pool that sees everything, for looking behind the API. */
  readonly owner: pg.Pool;
  drop(): Promise<void>;
}

/** @param template `template0`: empty, to be migrated by whoever asks; default: migrated already */
export async function createTestDatabase(
  postgresUrl: string = inject('postgresUrl'),
  template: typeof TEMPLATE | 'template0' = TEMPLATE,
): Promise<TestDatabase> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await run(postgresUrl, `create database ${name} template ${template}`);
  const urlOf = (user: string, password: string) => {
    const url = new URL(postgresUrl);
    url.username = user;
    url.password = password;
    url.pathname = name;
    return url.href;
  };
  const superuserUrl = urlOf('postgres', 'postgres');
  const owner = new pg.Pool({ connectionString: superuserUrl, max: 4 });
  owner.on('error', () => {}); // its server may be killed by the test
  return {
    superuserUrl,
    ownerUrl: urlOf('netplane_owner', passwords.owner),
    apiUrl: urlOf(logins.api.name, passwords.api),
    workerUrl: urlOf(logins.worker.name, passwords.worker),
    owner,
    async drop() {
      await owner.end();
      await run(postgresUrl, `drop database ${name} with (force)`);
    },
  };
}

async function run(url: string, sql: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
