import { migrate } from '@netplane/db';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';

const LATER = '29990101000000_of_a_newer_version';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await database.owner.query('insert into schema_migration (name, checksum) values ($1, $2)', [LATER, 'any']);
});
afterAll(() => database.drop());

async function applied(): Promise<readonly string[]> {
  const { rows } = await database.owner.query<{ name: string }>(
    'select name from schema_migration order by name',
  );
  return rows.map(({ name }) => name);
}

describe('a database that a newer version has migrated', () => {
  it('is left as it is, in so many words', async () => {
    const before = await applied();
    const lines: string[] = [];
    expect(await migrate({ url: database.superuserUrl, log: (line) => lines.push(line) })).toEqual([]);
    expect(lines).toEqual([expect.stringContaining(LATER)]);
    expect(await applied()).toEqual(before);
  });

  it('is refused where it lacks a migration of this version', async () => {
    const [first] = await applied();
    await database.owner.query('delete from schema_migration where name = $1', [first]);
    const before = await applied();
    await expect(migrate({ url: database.superuserUrl })).rejects.toThrow(`lacks ${first}`);
    expect(await applied()).toEqual(before);
  });
});
