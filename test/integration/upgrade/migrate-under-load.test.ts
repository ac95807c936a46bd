import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { migrate } from '@netplane/db';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';

let database: TestDatabase;
let folder: string;
beforeAll(async () => {
  database = await createTestDatabase(undefined, 'template0');
  folder = await mkdtemp(join(tmpdir(), 'netplane-migrations-'));
});
afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true });
});

async function addMigration(name: string, sql: string): Promise<void> {
  await mkdir(join(folder, name));
  await writeFile(join(folder, name, 'migration.sql'), sql);
}

function run(lines: string[] = []): Promise<readonly string[]> {
  const log = (line: string) => lines.push(line);
  return migrate({ url: database.superuserUrl, folder: pathToFileURL(`${folder}/`), log });
}

describe('a migration of a table that is in use', () => {
  it('lets others come to it meanwhile, and is done when it is free', async () => {
    await addMigration('20990101000000_first', 'create table thing (id int)');
    expect(await run()).toEqual(['20990101000000_first']);
    await addMigration('20990101000001_second', 'alter table thing add column note text');
    const long = new pg.Client(database.superuserUrl);
    await long.connect();
    await long.query('begin; lock table thing in access share mode');

    const lines: string[] = [];
    const migrating = run(lines);
    // each of these would wait behind the migration for as long as the other one goes on
    while (!lines.some((line) => line.includes('waits'))) await database.owner.query('select from thing');
    await database.owner.query('select from thing');
    await long.query('commit');
    await long.end();
    expect(await migrating).toEqual(['20990101000001_second']);
    expect(lines).toEqual([
      '20990101000001_second waits for a table that is in use',
      'applied 20990101000001_second',
    ]);
  });

  it('says what failed when it is something else', async () => {
    await addMigration('20990101000002_third', 'alter table nothing add column note text');
    await expect(run()).rejects.toThrow(/20990101000002_third failed: .*nothing/);
  });
});
