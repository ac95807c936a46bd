import {
  type Labels,
  NetplaneError,
  type OrganizationId,
  type ProjectId,
  type Quota,
  type QuotaId,
  type QuotaKey,
  type Scope,
} from '@netplane/domain';
import {
  assertFound,
  assertRevision,
  changeOf,
  type DeleteInput,
  lockForChange,
  type UpdateInput,
  updateRow,
} from '../client/changes.ts';
import { type ApiDatabase, query, setTenants, type Tx, transaction } from '../client/database.ts';
import { namingHolder } from '../client/holders.ts';
import { type ListRequest, type ListResult, type ListTable, listRows } from '../client/list.ts';
import { type Caller, type Created, createOnce, recordChange } from '../client/record.ts';
import { statement } from '../client/statement.ts';
import { type QuotaRow, quotaFromRow } from './quota.row.ts';

const table: ListTable = {
  relation: 'quota_view',
  kind: 'quota',
  organizationColumn: 'organization_id',
  labelRows: false,
  nameColumn: null,
  alive: 'true',
};

const selectOne = statement('get_quota', 'select * from quota_view where id = $1');

export async function findQuota(
  database: ApiDatabase,
  scope: Scope,
  id: QuotaId,
): Promise<Quota | undefined> {
  const [row] = await query<QuotaRow>(database, scope, selectOne(id));
  return row && quotaFromRow(row);
}

export async function listQuotas(
  database: ApiDatabase,
  scope: Scope,
  request: ListRequest,
): Promise<ListResult<Quota>> {
  const page = await listRows<QuotaRow>(database, scope, table, request);
  return { ...page, rows: page.rows.map(quotaFromRow) };
}

export interface NewQuota {
  readonly id: QuotaId;
  readonly organizationId: OrganizationId;
  readonly projectId: ProjectId | null;
  readonly key: QuotaKey;
  readonly limit: number;
  readonly labels: Labels;
}

const shareOrganization = statement(
  'share_organization',
  'select id from organization where id = $1 and deleted_at is null for key share',
);
// for update: holds back creates and releases (for key share) while the counter is made from the rows
const lockProject = statement(
  'lock_project_of_quota',
  'select deleting_at from project where id = $1 and organization_id = $2 and deleted_at is null for update',
);
const insertLimit = statement(
  'insert_quota_limit',
  `insert into quota_limit (id, organization_id, project_id, resource, network_type, family, "limit", labels)
   values ($1, $2, $3, $4, $5, $6, $7, $8)`,
);
const insertOrganizationCounter = statement(
  'insert_organization_counter',
  `insert into quota_usage (organization_id, resource, network_type, family, used) values ($1, $2, $3, $4, 0)
   on conflict on constraint quota_usage_key do nothing`,
);
const insertProjectCounter = statement(
  'insert_project_counter',
  `insert into quota_usage (organization_id, project_id, resource, network_type, family, used)
   select $1, $2, $3, $4, $5, count(*) from eip
   where organization_id = $1 and project_id = $2 and network_type = $4 and family = $5 and deleted_at is null`,
);
const byKey = statement(
  'find_quota_by_key',
  `select id from quota_limit where organization_id = $1 and project_id is not distinct from $2
     and resource = $3 and network_type = $4 and family = $5`,
);

/** A limit and its counter. @throws NetplaneError `name_taken` for a key that has a limit, `not_found` */
export async function createQuota(
  database: ApiDatabase,
  scope: Scope,
  caller: Caller,
  input: NewQuota,
): Promise<Created<Quota>> {
  const { id, organizationId, projectId, key, limit, labels } = input;
  const columns = [key.resource, key.networkType ?? '', key.family ?? ''] as const;
  const steps = { kind: 'quota', operation: 'quota.create' } as const;
  const lookup = byKey(organizationId, projectId, ...columns);
  return namingHolder(database, scope, { code: 'name_taken', kind: 'quota', lookup }, () =>
    transaction(database, scope, async (tx) => {
      assertFound((await tx.query(shareOrganization(organizationId)))[0], '/organization_id');
      await setTenants(tx, [organizationId]);
      const created = await createOnce<QuotaRow>(
        tx,
        caller,
        { organizationId, operation: steps.operation },
        async () => {
          if (projectId === null) {
            await tx.query(insertLimit(id, organizationId, null, ...columns, limit, JSON.stringify(labels)));
            await tx.query(insertOrganizationCounter(organizationId, ...columns));
          } else {
            const [project] = await tx.query<{ deleting_at: string | null }>(
              lockProject(projectId, organizationId),
            );
            if (assertFound(project, '/project_id').deleting_at !== null) {
              throw new NetplaneError('being_deleted', { errors: [{ pointer: '/project_id' }] });
            }
            await tx.query(
              insertLimit(id, organizationId, projectId, ...columns, limit, JSON.stringify(labels)),
            );
            await tx.query(insertProjectCounter(organizationId, projectId, ...columns));
          }
          const made = await readOne(tx, id);
          const changes = { ...key, project_id: projectId, limit, labels };
          await recordChange(tx, caller, {
            ...changeOf(steps, quotaFromRow(made)),
            event: 'created',
            changes,
          });
          return made;
        },
      );
      return { ...created, value: quotaFromRow(created.value) };
    }),
  );
}

async function readOne(tx: Tx, id: string): Promise<QuotaRow> {
  return assertFound((await tx.query<QuotaRow>(selectOne(id)))[0]);
}

export interface QuotaChange {
  readonly limit: number;
  readonly labels: Labels;
}

const lockLimit = statement(
  'lock_quota',
  `select l.*, coalesce((
     select u.used from quota_usage u
     where u.organization_id = l.organization_id and u.project_id is not distinct from l.project_id
       and u.resource = l.resource and u.network_type = l.network_type and u.family = l.family), 0) as used
   from quota_limit l where id = $1 for update`,
);
const update = statement(
  'update_quota',
  `update quota_limit set "limit" = $2, labels = $3, revision = revision + 1, updated_at = clock_timestamp()
   where id = $1`,
);

/** A limit may be set below what is used: nothing more is given then. */
export async function updateQuota(
  database: ApiDatabase,
  scope: Scope,
  caller: Caller,
  input: UpdateInput<Quota, QuotaChange>,
): Promise<Quota> {
  return updateRow<QuotaRow, Quota, QuotaChange>(database, scope, caller, input, {
    kind: 'quota',
    operation: 'quota.update',
    lock: lockLimit,
    fromRow: quotaFromRow,
    async write(tx, { limit, labels }) {
      await tx.query(update(input.id, limit, JSON.stringify(labels)));
      return readOne(tx, input.id);
    },
  });
}

const bury = statement(
  'delete_quota',
  `with counter as (
     delete from quota_usage u using quota_limit l
     where l.id = $1 and l.project_id is not null and u.organization_id = l.organization_id
       and u.project_id = l.project_id and u.resource = l.resource and u.network_type = l.network_type
       and u.family = l.family
   )
   delete from quota_limit where id = $1`,
);

/** Without its row an organization has limit 0, and a project no limit of its own. */
export async function deleteQuota(
  database: ApiDatabase,
  scope: Scope,
  caller: Caller,
  input: DeleteInput,
): Promise<void> {
  const steps = { kind: 'quota', operation: 'quota.delete', lock: lockLimit, fromRow: quotaFromRow } as const;
  await transaction(database, scope, async (tx) => {
    const current = await lockForChange<QuotaRow, Quota>(tx, scope, input, steps);
    assertRevision(current, input.expectedRevision);
    await tx.query(bury(input.id));
    const buried = { ...current, revision: current.revision + 1 };
    await recordChange(tx, caller, { ...changeOf(steps, buried), event: 'deleted', changes: {} });
  });
}
