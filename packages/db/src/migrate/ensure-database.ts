import pg from 'pg';

/**
 * Creates the database where it is missing.
 * @param url any database of the server, with a login that may create databases
 * @returns URL of the database, with the same login
 */
export async function ensureDatabase(url: string, name: string): Promise<string> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const known = await client.query('select from pg_database where datname = $1', [name]);
    if (known.rowCount === 0) await client.query(`create database ${client.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
  const database = new URL(url);
  database.pathname = name;
  return database.href;
}
