import { openPool, type Pool, poolTransaction, roles } from '@netplane/db';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { eventually } from '../support/cluster-stage.ts';

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool({
    url: database.workerUrl,
    role: roles.worker,
    applicationName: 'test',
    connectionsMax: 1,
    onError: () => {},
  });
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

/** Resolves when the server has ended the connection and said so. */
async function terminate(pid: number): Promise<void> {
  await database.owner.query('select pg_terminate_backend($1)', [pid]);
  await eventually(async () => {
    const { rows } = await database.owner.query('select from pg_stat_activity where pid = $1', [pid]);
    expect(rows).toEqual([]);
  });
}

it('a connection that ends between two statements of a transaction fails the next one, not the process', async () => {
  const uncaught: unknown[] = [];
  const note = (error: unknown) => uncaught.push(error);
  process.on('uncaughtException', note);
  const lost = poolTransaction(pool, async (tx) => {
    const [row] = await tx.query<{ pid: number }>({ text: 'select pg_backend_pid() as pid' });
    await terminate(row?.pid ?? 0);
    return tx.query({ text: 'select 1' });
  });
  await expect(lost).rejects.toMatchObject({ code: 'unavailable' });
  process.off('uncaughtException', note);
  expect(uncaught).toEqual([]);
  expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
});
