/**
 * Applies `prisma/migrations/<name>/migration.sql` in order of name, each in a transaction of its own, under one
 * advisory lock. Forward only: what was applied must not change (ADR 0004). A database that a newer version has
 * migrated is left as it is: migrations since then only add (ADR 0032).
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
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
  /** Where the migrations are. Default: prisma/migrations. */
  readonly folder?: URL;
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
    return await applyMissing(
      client,
      await readMigrations(options.folder ?? MIGRATIONS),
      options.log ?? (() => {}),
    );
  } finally {
    await client.end(); // also lets go of the lock
  }
}

async function applyMissing(
  client: pg.Client,
  migrations: readonly Migration[],
  log: (line: string) => void,
): Promise<readonly string[]> {
  await client.query(`create table if not exists schema_migration (
    name text primary key, checksum text not null, applied_at timestamptz not null default clock_timestamp())`);
  const applied = await client.query<{ name: string; checksum: string }>(
    'select name, checksum from schema_migration',
  );
  const checksums = new Map(applied.rows.map((row) => [row.name, row.checksum]));
  assertNotAhead([...checksums.keys()], migrations, log);
  const done: string[] = [];
  for (const migration of migrations) {
    const known = checksums.get(migration.name);
    if (known === undefined) {
      await applyWhenFree(client, migration, log);
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

async function readMigrations(folder: URL): Promise<readonly Migration[]> {
  const names = (await readdir(fileURLToPath(folder))).filter((name) => /^\d{14}_/.test(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(new URL(`${name}/migration.sql`, folder), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

const LOCK_NOT_AVAILABLE = '55P03';
/** Whoever comes to a table after a statement that waits for all of it waits behind it. */
const LOCK_TIMEOUT = '1s';
const TRIES = 120;
const BETWEEN_TRIES_MS = 500;

/** Never waits for a lock for long, since those who serve wait behind it; it comes again until it gets all it needs. */
async function applyWhenFree(
  client: pg.Client,
  migration: Migration,
  log: (line: string) => void,
): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await apply(client, migration);
      return;
    } catch (error) {
      const { code } = error as { code?: string }; // pg's errors carry the SQLSTATE
      if (code !== LOCK_NOT_AVAILABLE || tries === TRIES)
        throw new Error(`Migration ${migration.name} failed: ${String(error)}`, { cause: error });
      if (tries === 1) log(`${migration.name} waits for a table that is in use`);
      await sleep(BETWEEN_TRIES_MS);
    }
  }
}

async function apply(client: pg.Client, migration: Migration): Promise<void> {
  await client.query('begin');
  try {
    await client.query(`set local lock_timeout = '${LOCK_TIMEOUT}'`);
    await client.query(migration.sql);
    await client.query('insert into schema_migration (name, checksum) values ($1, $2)', [
      migration.name,
      migration.checksum,
    ]);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw error;
  }
}
