/**
 * A backup of one database and its restore into an empty one. `pg_dump` and `pg_restore` where they are as new as the
 * server; the PostgreSQL of the tests brings none, and an older one refuses: then every row of one snapshot is copied,
 * into the migrated schema, as `pg_dump --data-only` would.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { migrate } from '@netplane/db';
import pg from 'pg';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { passwords } from './postgres.ts';

const run = promisify(execFile);

export interface Backup {
  /** How it was made, for the test's own report. */
  readonly by: 'pg_dump' | 'rows';
  restore(): Promise<TestDatabase>;
  remove(): Promise<void>;
}

export async function backUp(database: TestDatabase): Promise<Backup> {
  return (await hasFittingDump(database)) ? dump(database) : copyRows(database);
}

async function hasFittingDump({ owner }: TestDatabase): Promise<boolean> {
  const { rows } = await owner.query<{ version: string }>(
    "select current_setting('server_version') as version",
  );
  const said = await run('pg_dump', ['--version']).catch(() => ({ stdout: '' }));
  const major = /\(PostgreSQL\) (\d+)/.exec(said.stdout)?.[1];
  return major !== undefined && Number(major) >= Number.parseInt(rows[0]?.version ?? '', 10);
}

async function dump({ superuserUrl }: TestDatabase): Promise<Backup> {
  const directory = await mkdtemp(join(tmpdir(), 'netplane-backup-'));
  const file = join(directory, 'netplane.dump');
  await run('pg_dump', ['--format=custom', `--file=${file}`, superuserUrl]);
  return {
    by: 'pg_dump',
    async restore() {
      const restored = await createTestDatabase(undefined, 'template0');
      await run('pg_restore', ['--exit-on-error', `--dbname=${restored.superuserUrl}`, file]);
      await migrate({ url: restored.superuserUrl, passwords }); // grants on the database are in no dump
      return restored;
    },
    remove: () => rm(directory, { recursive: true }),
  };
}

interface TableRows {
  readonly name: string;
  readonly rows: string;
}

async function copyRows({ owner }: TestDatabase): Promise<Backup> {
  const client = await owner.connect();
  const tables: TableRows[] = [];
  try {
    await client.query('begin isolation level repeatable read read only');
    const { rows: names } = await client.query<{ name: string }>(
      "select tablename as name from pg_tables where schemaname = 'public' and tablename <> 'schema_migration'",
    );
    for (const { name } of names) {
      const { rows } = await client.query<{ rows: string }>(
        `select coalesce(json_agg(t), '[]')::text as rows from ${pg.escapeIdentifier(name)} t`,
      );
      tables.push({ name, rows: rows[0]?.rows ?? '[]' });
    }
    await client.query('commit');
  } finally {
    client.release();
  }
  return {
    by: 'rows',
    async restore() {
      const restored = await createTestDatabase();
      await fill(restored, tables);
      return restored;
    },
    remove: async () => {},
  };
}

async function fill({ owner }: TestDatabase, tables: readonly TableRows[]): Promise<void> {
  const client = await owner.connect();
  try {
    // neither triggers nor foreign keys look at rows that were right where they came from
    await client.query('begin; set local session_replication_role = replica');
    for (const { name, rows } of tables) {
      const table = pg.escapeIdentifier(name);
      await client.query(`delete from ${table}`);
      await client.query(
        `insert into ${table} overriding system value select * from json_populate_recordset(null::${table}, $1)`,
        [rows],
      );
    }
    await client.query(`select setval(pg_get_serial_sequence('cluster_object', 'id'), (select coalesce(max(id), 1) from cluster_object)),
      setval(pg_get_serial_sequence('usage_interval', 'id'), (select coalesce(max(id), 1) from usage_interval)),
      setval(pg_get_serial_sequence('event', 'number'), (select coalesce(max(number), 1) from event)),
      setval(pg_get_serial_sequence('audit_event', 'number'), (select coalesce(max(number), 1) from audit_event))`);
    await client.query('commit');
  } finally {
    client.release();
  }
}
