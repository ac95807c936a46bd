import { afterAll, beforeAll, expect, it } from 'vitest';
import { choosePorts } from '../../../apps/sandbox/src/ports.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { type AppProcess, startApiProcess } from '../support/app-process.ts';
import { type DatabaseLink, linkDatabase } from '../support/database-link.ts';

let database: TestDatabase;
let link: DatabaseLink;
let api: AppProcess;
let url: string;

beforeAll(async () => {
  database = await createTestDatabase();
  link = await linkDatabase(database.apiUrl);
  const { api: port } = await choosePorts(['api'], {});
  url = `http://127.0.0.1:${port}`;
  api = await startApiProcess({
    DATABASE_URL: link.url,
    HOST: '127.0.0.1',
    PORT: String(port),
    ADMIN_PORT: '0',
    CURSOR_SECRET: 'a secret that only the tests know, long enough',
  });
});

afterAll(async () => {
  await api.end('SIGKILL');
  link.close();
  await database.drop();
});

it('ends although its database is away', async () => {
  await expect.poll(async () => (await fetch(`${url}/readyz`)).status, { timeout: 20_000 }).toBe(200);
  link.cut();
  expect(await api.end('SIGTERM')).toBe(0);
});
