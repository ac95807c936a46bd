/** A migration changes the columns of a table while processes serve: no statement that they have prepared fails. */
import { type ApiDatabase, openPool, poolTransaction, query, queryPool, roles } from '@netplane/db';
import type { OrganizationId } from '@netplane/domain';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';

const CONNECTIONS = 4;
const ACME = '00000000-0000-7000-8000-000000000001' as OrganizationId; // of nobody
const statement = { name: 'everything', text: 'select * from installation', values: [] };

let test: TestDatabase;
let database: ApiDatabase;

beforeAll(async () => {
  test = await createTestDatabase();
  const options = {
    url: test.apiUrl,
    applicationName: 'test',
    connectionsMax: CONNECTIONS,
    onError: () => {},
  };
  database = {
    tenants: openPool({ ...options, role: roles.api }),
    platform: openPool({ ...options, role: roles.platform }),
  };
  await test.owner.query('grant select on installation to netplane_api, netplane_platform');
});

afterAll(async () => {
  await Promise.all([database.tenants.end(), database.platform.end()]);
  await test.drop();
});

const ways = {
  'as a tenant': () => query(database, { kind: 'tenant', visible: [ACME], permitted: [ACME] }, statement),
  'as the platform': () => queryPool(database.platform, statement),
  'in a transaction': () => poolTransaction(database.platform, (tx) => tx.query(statement)),
} as const;

it.each(Object.entries(ways))('asks again %s on another connection', async (name, ask) => {
  const column = name.replaceAll(' ', '_');
  const onEach = () => Promise.all(Array.from({ length: CONNECTIONS }, ask));
  await onEach();
  await test.owner.query(`alter table installation add column ${column} int default 7`);
  for (const rows of await onEach()) expect(rows).toEqual([expect.objectContaining({ [column]: 7 })]);
});
