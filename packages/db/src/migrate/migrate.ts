/**
 * Applies `prisma/migrations/<name>/migration.sql` in order of name, each in a transaction of its own, under one
 * advisory lock. Forward only: what was applied must not change (ADR 0004). A database that a newer version has
 * migrated is left as it is: migrations since then only add (ADR 0034).
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { ensureLogins, ensureRoles, type LoginPasswords, roles } from './roles.ts';

const MIGRATIONS = new URL('../../../../prisma/migrations/', import.meta.url);
const LOCK_KEY = 7_205_021; // any number, the same in every process

export interface MigrateOptions {
  /** Login that may create roles the first time; later one that is a member of netplane_owner. */
  readonly url: string;
  readonly passwords?: LoginPasswords;
  readonly log?: (line: string) => void;
}

/**
 * @returns names of the migrations that were applied now
 * @throws Error when an applied migration was edited, when one is missing in a database that a newer version has
 * migrated, or when one fails (its transaction is rolled back)
 */
export async function migrate(options: MigrateOptions): Promise<readonly string[]> {
  const client = new pg.Client({ connectionString: options.url, application_name: 'netplane-migrate' });
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [LOCK_KEY]);
    await ensureRoles(client);
    await ensureLogins(client, options.passwords ?? {});
    await client.query(`set role ${roles.owner}`);
    return await applyMissing(client, options.log ?? (() => {}));
  } finally {
    await client.end(); // also lets go of the lock
  }
}

async function applyMissing(client: pg.Client, log: (line: string) => void): Promise<readonly string[]> {
  await client.query(`create table if not exists schema_migration (
    name text primary key, checksum text not null, applied_at timestamptz not null default clock_timestamp())`);
  const applied = await client.query<{ name: string; checksum: string }>(
    'select name, checksum from schema_migration',
  );
  const checksums = new Map(applied.rows.map((row) => [row.name, row.checksum]));
  const migrations = await readMigrations();
  assertNotAhead([...checksums.keys()], migrations, log);
  const done: string[] = [];
  for (const migration of migrations) {
    const known = checksums.get(migration.name);
    if (known === undefined) {
      await apply(client, migration);
      log(`applied ${migration.name}`);
      done.push(migration.name);
    } else if (known !== migration.checksum) {
      throw new Error(
        `Migration ${migration.name} was edited after it was applied. Add a new migration instead.`,
      );
    }
  }
  return done;
}

/** What a newer version has applied stays, but nothing of ours may come after it: it was never tried in that order. */
function assertNotAhead(
  applied: readonly string[],
  migrations: readonly Migration[],
  log: (line: string) => void,
): void {
  const ours = new Set(migrations.map(({ name }) => name));
  const newer = applied.filter((name) => !ours.has(name)).sort();
  if (newer.length === 0) return;
  const missing = migrations.filter(({ name }) => !applied.includes(name)).map(({ name }) => name);
  const words = `The database was migrated by a newer version, which has ${newer.join(', ')}`;
  if (missing.length > 0) {
    throw new Error(`${words}, and lacks ${missing.join(', ')} of this one. Migrate with the newer version.`);
  }
  log(`${words}: nothing is changed.`);
}

interface Migration {
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

async function readMigrations(): Promise<readonly Migration[]> {
  const names = (await readdir(fileURLToPath(MIGRATIONS))).filter((name) => /^\d{14}_/.test(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(new URL(`${name}/migration.sql`, MIGRATIONS), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

async function apply(client: pg.Client, migration: Migration): Promise<void> {
  await client.query('begin');
  try {
    await client.query(migration.sql);
    await client.query('insert into schema_migration (name, checksum) values ($1, $2)', [
      migration.name,
      migration.checksum,
    ]);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw new Error(`Migration ${migration.name} failed: ${String(error)}`, { cause: error });
  }
}
