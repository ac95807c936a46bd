/** The database's own walls, seen by the roles that the processes log in as, without the API in front of them. */
import { openPool, roles } from '@netplane/db';
import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eipBody } from '../../support/builders/eip.builder.ts';
import { projectBody } from '../../support/builders/project.builder.ts';
import { quotaBody } from '../../support/builders/quota.builder.ts';
import { uuidOf } from '../support/ledger.ts';
import { useStage } from '../support/stage.ts';
import type { ProjectView, View } from '../support/views.ts';

const stage = useStage();
const opened: Pool[] = [];
let tenants: Pool;
let worker: Pool;
/** Tables with an organization column, as the catalog says. */
let tenantTables: readonly string[];
const organizations: { acme: string; other: string } = { acme: '', other: '' };

function poolOf(url: string, role: (typeof roles)[keyof typeof roles]): Pool {
  const pool = openPool({ url, role, applicationName: 'test', connectionsMax: 2, onError: () => {} });
  opened.push(pool);
  return pool;
}

beforeAll(async () => {
  tenants = poolOf(stage.database.apiUrl, roles.api);
  worker = poolOf(stage.database.workerUrl, roles.worker);
  organizations.acme = uuidOf('organization', stage.world.acmeId);
  organizations.other = uuidOf('organization', stage.world.otherId);
  for (const id of [stage.world.acmeId, stage.world.otherId]) await fill(id);
  const { rows } = await stage.database.owner.query<{ name: string }>(
    `select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = 'public' and c.relkind = 'r' and exists (
       select from pg_attribute a where a.attrelid = c.oid and a.attname = 'organization_id' and not a.attisdropped)
     order by 1`,
  );
  tenantTables = ['organization', ...rows.map((row) => row.name)];
});
afterAll(() => Promise.all(opened.map((pool) => pool.end())));

/** At least one row of every tenant table. */
async function fill(organizationId: string): Promise<void> {
  const labels = { filled: 'yes' };
  const project = await stage.api.must<ProjectView>('POST', '/v1/projects', {
    body: projectBody(organizationId, { labels }),
    headers: { 'idempotency-key': 'filled' },
  });
  await stage.api.must<View>('POST', '/v1/eips', { body: eipBody(project.id, { labels }) });
  const limit = { project_id: project.id, resource: 'eips', network_type: 'public', limit: 3 } as const;
  await stage.api.must('POST', '/v1/quotas', { body: quotaBody(organizationId, limit) });
  const issuer = {
    organization_id: organizationId,
    name: 'own',
    issuer_url: `https://${organizationId}.example`,
    audiences: ['a'],
  };
  await stage.api.must('POST', '/v1/issuers', { body: issuer });
}

/** Runs one statement with these organizations set, and undoes it. */
async function asTenant<Row extends object>(
  ids: string,
  sql: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const client = await tenants.connect();
  try {
    await client.query('begin');
    await client.query(`select set_config('netplane.orgs', $1, true)`, [ids]);
    return (await client.query<Row>(sql, [...values])).rows;
  } finally {
    await client.query('rollback');
    client.release();
  }
}

const DENIED = /permission denied/;

/** Organizations of the rows that are seen; `denied` where the role has no grant at all. */
async function seenIn(table: string, ids: string): Promise<readonly (string | null)[] | 'denied'> {
  const column = table === 'organization' ? 'id' : 'organization_id';
  try {
    const rows = await asTenant<{ seen: string | null }>(
      ids,
      `select distinct ${column} as seen from ${table}`,
    );
    return rows.map((row) => row.seen);
  } catch (error) {
    if (error instanceof Error && DENIED.test(error.message)) return 'denied';
    throw error;
  }
}

/** What the application role cannot even ask for. */
const withoutGrant = ['audit_event', 'cluster_object', 'event', 'ip_address', 'usage_interval', 'work_turn'];

describe('the application role', () => {
  it('is no superuser, may not bypass row-level security, and neither may any other but the owner', async () => {
    const { rows } = await stage.database.owner.query<{ name: string; bypasses: boolean; super: boolean }>(
      `select rolname as name, rolbypassrls as bypasses, rolsuper as super from pg_roles where rolname like 'netplane%'`,
    );
    expect(rows.length).toBeGreaterThanOrEqual(6);
    expect(rows.filter((row) => row.super)).toEqual([]);
    expect(rows.filter((row) => row.bypasses).map((row) => row.name)).toEqual(['netplane_owner']);
    expect(await asTenant('', 'select current_user::text as who')).toEqual([{ who: roles.api }]);
  });

  it('has every tenant table behind forced row-level security, or no grant on it', async () => {
    const { rows } = await stage.database.owner.query<{ name: string; forced: boolean; granted: boolean }>(
      `select relname as name, relrowsecurity and relforcerowsecurity as forced,
         has_any_column_privilege($2, oid, 'select') as granted
       from pg_class where relname = any ($1) and relnamespace = 'public'::regnamespace`,
      [tenantTables, roles.api],
    );
    expect(rows).toHaveLength(tenantTables.length);
    expect(rows.filter((row) => row.granted && !row.forced)).toEqual([]);
  });

  it('sees nothing of any tenant table without a tenant', async () => {
    for (const table of tenantTables) {
      const seen = await seenIn(table, '');
      expect([table, seen]).toEqual([table, withoutGrant.includes(table) ? 'denied' : []]);
    }
  });

  it('sees nothing where no tenant was ever set on the connection', async () => {
    for (const table of tenantTables.filter((name) => !withoutGrant.includes(name))) {
      expect([table, (await tenants.query(`select from ${table}`)).rowCount]).toEqual([table, 0]);
    }
  });

  it('sees the rows of its tenant and of no other, in every tenant table', async () => {
    for (const table of tenantTables.filter((name) => !withoutGrant.includes(name))) {
      for (const id of Object.values(organizations)) {
        const seen = await seenIn(table, id);
        // the platform's issuer is everybody's
        expect([table, [...seen].filter((who) => who !== null)]).toEqual([table, [id]]);
      }
    }
  });

  it('sees both tenants of a member of two', async () => {
    const both = Object.values(organizations);
    expect([...(await seenIn('eip', both.join(',')))].sort()).toEqual([...both].sort());
  });

  it('writes nothing into another tenant', async () => {
    const { acme, other } = organizations;
    for (const table of ['project', 'eip', 'subnet', 'snat_rule', 'role_binding']) {
      const touched = await asTenant(
        acme,
        `update ${table} set deleted_at = null where organization_id = $1 returning 1`,
        [other],
      );
      expect([table, touched]).toEqual([table, []]);
      const moved = asTenant(acme, `update ${table} set organization_id = $1`, [other]);
      await expect(moved).rejects.toThrow(/row-level security/);
    }
    const sql = `insert into resource_label (organization_id, kind, resource_id, key, value, created_at)
      values ($1, 'eip', gen_random_uuid(), 'a', 'b', now())`;
    await expect(asTenant(acme, sql, [other])).rejects.toThrow(/row-level security/);
  });

  it.each(['quota_usage', 'usage_interval', 'ip_address', 'quota_limit', 'cluster', 'installation'])(
    'has no write on %s',
    async (table) => {
      const { rows } = await stage.database.owner.query<{ may: boolean }>(
        `select has_any_column_privilege($1, $2, 'insert, update') or has_table_privilege($1, $2, 'delete, truncate') as may`,
        [roles.api, table],
      );
      expect(rows).toEqual([{ may: false }]);
    },
  );
});

describe('functions that act with the rights of their owner', () => {
  it('all have a fixed search path, and none can be run by everybody', async () => {
    const { rows } = await stage.database.owner.query<{
      name: string;
      path: string | null;
      everybody: boolean;
    }>(
      `select p.proname as name, (select c from unnest(p.proconfig) c where c like 'search_path=%') as path,
         has_function_privilege('public', p.oid, 'execute') as everybody
       from pg_proc p where p.pronamespace = 'public'::regnamespace and p.prosecdef`,
    );
    expect(rows.length).toBeGreaterThan(5);
    expect(rows.filter(({ path }) => path !== 'search_path=pg_catalog, public, pg_temp')).toEqual([]);
    expect(rows.filter(({ everybody }) => everybody)).toEqual([]);
  });

  it.each([
    ['take_quota', `select take_quota($1, null, 'eips', 'cloud', 'ipv4', 1)`],
    [
      'take_address',
      `select take_address($1, gen_random_uuid(), null, null, 'allocated', 'eip', gen_random_uuid())`,
    ],
    ['start_address_release', 'select start_address_release($1, gen_random_uuid())'],
    ['close_usage_interval', `select close_usage_interval($1, gen_random_uuid(), 'deleted')`],
  ])('%s refuses a tenant that is not set, is null, or is another', async (_, sql) => {
    const { acme, other } = organizations;
    await expect(asTenant('', sql, [acme])).rejects.toThrow();
    await expect(asTenant(acme, sql, [null])).rejects.toThrow();
    await expect(asTenant(acme, sql, [other])).rejects.toThrow();
  });
});

describe('the ledger', () => {
  const sqls = [
    [`update usage_interval set started_at = started_at - interval '1 day'`, 'start'],
    ['update usage_interval set organization_id = gen_random_uuid()', 'tenant'],
    [`update usage_interval set ended_at = ended_at + interval '1 day' where ended_at is not null`, 'end'],
    ['delete from usage_interval', 'row'],
  ] as const;

  it.each(sqls)('refuses even its owner: %s', async (sql) => {
    const project = await stage.api.must<ProjectView>('POST', '/v1/projects', {
      body: projectBody(stage.world.acmeId),
    });
    const eip = await stage.api.must<View>('POST', '/v1/eips', { body: eipBody(project.id) });
    await stage.api.must('DELETE', `/v1/eips/${eip.id}`); // an interval with an end
    await expect(stage.database.owner.query(sql)).rejects.toThrow();
  });
});

describe('the worker role', () => {
  it.each(['issuer', 'role_binding', 'idempotency_key'])('has no grant on %s', async (table) => {
    await expect(worker.query(`select from ${table}`)).rejects.toThrow(DENIED);
  });

  it('changes no desired state', async () => {
    for (const sql of [
      `update eip set name = 'mine'`,
      `update project set cidr = '10.0.0.0/22'`,
      'update quota_limit set "limit" = 1000000',
      'insert into usage_interval default values',
    ]) {
      await expect(worker.query(sql)).rejects.toThrow(DENIED);
    }
  });
});
