/**
 * Database roles. None may bypass row-level security save the owner of the tables. They cannot log in: an operator
 * grants them to logins of its own, or has the two below made with passwords.
 */
import type { Client } from 'pg';

export const roles = {
  owner: 'netplane_owner',
  api: 'netplane_api',
  platform: 'netplane_platform',
  worker: 'netplane_worker',
} as const;

export const logins = {
  api: { name: 'netplane_api_login', memberOf: [roles.api, roles.platform] },
  worker: { name: 'netplane_worker_login', memberOf: [roles.worker] },
} as const;

export interface LoginPasswords {
  readonly api?: string;
  readonly worker?: string;
  /** Makes the owner a login, for people and tools that look at the database as a whole. */
  readonly owner?: string;
}

/**
 * Makes the roles that are missing and lets the owner work in this database. Needs a superuser, or a login that may
 * create roles and owns the database; where the roles exist already it needs neither.
 */
export async function ensureRoles(client: Client): Promise<void> {
  for (const role of Object.values(roles)) {
    const bypass = role === roles.owner ? 'bypassrls' : 'nobypassrls';
    await ignoreRace(client, `create role ${role} nologin nosuperuser ${bypass}`, '42710', async () => {
      const known = await client.query('select from pg_roles where rolname = $1', [role]);
      return known.rowCount === 0;
    });
  }
  const database = client.escapeIdentifier(client.database ?? '');
  await client.query(`grant create on database ${database} to ${roles.owner}`);
  await client.query(`grant create, usage on schema public to ${roles.owner}`);
  await client.query(`grant usage on schema public to ${roles.api}, ${roles.platform}, ${roles.worker}`);
}

/** Makes the logins for which a password is given, or gives them the password. */
export async function ensureLogins(client: Client, passwords: LoginPasswords): Promise<void> {
  for (const which of ['api', 'worker'] as const) {
    const password = passwords[which];
    if (password === undefined) continue;
    const { name, memberOf } = logins[which];
    await ignoreRace(client, `create role ${name} noinherit`, '42710', async () => {
      const known = await client.query('select from pg_roles where rolname = $1', [name]);
      return known.rowCount === 0;
    });
    await client.query(`alter role ${name} login password ${client.escapeLiteral(password)}`);
    await client.query(`grant ${memberOf.join(', ')} to ${name}`);
  }
  if (passwords.owner !== undefined) {
    await client.query(`alter role ${roles.owner} login password ${client.escapeLiteral(passwords.owner)}`);
    await client.query(`grant ${roles.api}, ${roles.platform}, ${roles.worker} to ${roles.owner}`);
  }
}

/** Roles belong to the whole server: two databases that migrate at once may both try to make them. */
async function ignoreRace(
  client: Client,
  statement: string,
  expectedState: string,
  isNeeded: () => Promise<boolean>,
): Promise<void> {
  if (!(await isNeeded())) return;
  try {
    await client.query(statement);
  } catch (error) {
    const state = (error as { code?: string }).code; // pg's errors carry the SQLSTATE
    if (state !== expectedState && state !== '23505') throw error;
  }
}
