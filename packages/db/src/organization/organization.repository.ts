import {
  defaultQuotas,
  type Labels,
  type Organization,
  type OrganizationId,
  type QuotaDefaults,
  type Scope,
} from '@netplane/domain';
import {
  assertFound,
  assertRevision,
  changeOf,
  type DeleteInput,
  hasDependent,
  lockForChange,
  type UpdateInput,
  updateRow,
} from '../client/changes.ts';
import { type ApiDatabase, query, type Tx, transaction } from '../client/database.ts';
import { namingHolder } from '../client/holders.ts';
import { type ListRequest, type ListResult, type ListTable, listRows } from '../client/list.ts';
import { notifyAccessChanged } from '../client/notify.ts';
import {
  type Caller,
  type Created,
  createOnce,
  PLATFORM_ORGANIZATION,
  recordChange,
} from '../client/record.ts';
import { statement } from '../client/statement.ts';
import { type OrganizationRow, organizationFromRow } from './organization.row.ts';

const table: ListTable = {
  relation: 'organization',
  kind: 'organization',
  organizationColumn: 'id',
  labelRows: false,
  nameColumn: 'name',
  alive: 'r.deleted_at is null',
};

const selectOne = statement(
  'get_organization',
  'select * from organization where id = $1 and deleted_at is null',
);

export async function findOrganization(
  database: ApiDatabase,
  scope: Scope,
  id: OrganizationId,
): Promise<Organization | undefined> {
  const [row] = await query<OrganizationRow>(database, scope, selectOne(id));
  return row && organizationFromRow(row);
}

export async function listOrganizations(
  database: ApiDatabase,
  scope: Scope,
  request: ListRequest,
): Promise<ListResult<Organization>> {
  const page = await listRows<OrganizationRow>(database, scope, table, request);
  return { ...page, rows: page.rows.map(organizationFromRow) };
}

export interface NewOrganization {
  readonly id: OrganizationId;
  readonly name: string;
  readonly displayName: string | null;
  readonly labels: Labels;
  /** A limit and a counter row each. */
  readonly quotas: QuotaDefaults;
  readonly quotaIds: readonly string[];
}

const insert = statement(
  'insert_organization',
  'insert into organization (id, name, display_name, labels) values ($1, $2, $3, $4) returning *',
);
const insertLimit = statement(
  'insert_default_quota',
  `with made as (
     insert into quota_limit (id, organization_id, resource, network_type, family, "limit")
     values ($1, $2, $3, $4, $5, $6)
   ), announced as (
     insert into event (organization_id, kind, id, type, revision, status_revision)
     values ($2, 'quota', $1, 'created', 1, 1)
   )
   insert into quota_usage (organization_id, resource, network_type, family, used) values ($2, $3, $4, $5, 0)`,
);

const byName = statement(
  'find_organization_by_name',
  'select id from organization where name = $1 and deleted_at is null',
);

/** The organization and its default limits. @throws NetplaneError `name_taken` */
export async function createOrganization(
  database: ApiDatabase,
  scope: Scope,
  caller: Caller,
  input: NewOrganization,
): Promise<Created<Organization>> {
  const steps = { kind: 'organization', operation: 'organization.create' } as const;
  const refusal = { code: 'name_taken', kind: 'organization', lookup: byName(input.name) } as const;
  return namingHolder(database, scope, refusal, () =>
    transaction(database, scope, async (tx) => {
      const created = await createOnce<OrganizationRow>(
        tx,
        caller,
        { organizationId: PLATFORM_ORGANIZATION, operation: steps.operation },
        async () => {
          const [row] = await tx.query<OrganizationRow>(
            insert(input.id, input.name, input.displayName, JSON.stringify(input.labels)),
          );
          await insertDefaultQuotas(tx, input);
          const changes = { name: input.name, display_name: input.displayName, labels: input.labels };
          const made = assertFound(row);
          await recordChange(tx, caller, {
            ...changeOf(steps, changeableFromRow(made)),
            event: 'created',
            changes,
          });
          return made;
        },
      );
      return { ...created, value: organizationFromRow(created.value) };
    }),
  );
}

async function insertDefaultQuotas(tx: Tx, input: NewOrganization): Promise<void> {
  for (const [index, key] of defaultQuotas(input.quotas).entries()) {
    await tx.query(
      insertLimit(
        input.quotaIds[index],
        input.id,
        key.resource,
        key.networkType ?? '',
        key.family ?? '',
        key.limit,
      ),
    );
  }
}

export interface OrganizationChange {
  readonly displayName: string | null;
  readonly labels: Labels;
}

const lock = statement(
  'lock_organization',
  'select * from organization where id = $1 and deleted_at is null for update',
);
const update = statement(
  'update_organization',
  `update organization set display_name = $2, labels = $3, revision = revision + 1, updated_at = clock_timestamp()
   where id = $1 returning *`,
);

export async function updateOrganization(
  database: ApiDatabase,
  scope: Scope,
  caller: Caller,
  input: UpdateInput<ChangeableOrganization, OrganizationChange>,
): Promise<Organization> {
  return updateRow<OrganizationRow, ChangeableOrganization, OrganizationChange>(
    database,
    scope,
    caller,
    input,
    {
      kind: 'organization',
      operation: 'organization.update',
      lock,
      fromRow: changeableFromRow,
      async write(tx, change) {
        const [row] = await tx.query<OrganizationRow>(
          update(input.id, change.displayName, JSON.stringify(change.labels)),
        );
        await notifyAccessChanged(tx); // authentication remembers the display name
        return row;
      },
    },
  );
}

/** An organization belongs to itself. */
type ChangeableOrganization = Organization & { readonly organizationId: OrganizationId };

function changeableFromRow(row: OrganizationRow): ChangeableOrganization {
  return { ...organizationFromRow(row), organizationId: row.id };
}

const findProject = statement(
  'find_project_of_organization',
  'select id from project where organization_id = $1 and deleting_at is null and deleted_at is null limit 1',
);
const bury = statement(
  'delete_organization',
  `with bindings as (
     update role_binding set deleted_at = clock_timestamp() where organization_id = $1 and deleted_at is null
   ), issuers as (
     update issuer set deleted_at = clock_timestamp() where organization_id = $1 and deleted_at is null
   ), limits as (delete from quota_limit where organization_id = $1),
   counters as (delete from quota_usage where organization_id = $1 and used = 0)
   update organization set deleted_at = clock_timestamp(), revision = revision + 1 where id = $1 returning *`,
);

/**
 * With its role bindings, issuers and limits. Projects that are being deleted go on to be; a counter that they still
 * hold goes when they release it.
 * @throws NetplaneError `has_dependents` while it has a project
 */
export async function deleteOrganization(
  database: ApiDatabase,
  scope: Scope,
  caller: Caller,
  input: DeleteInput,
): Promise<void> {
  const steps = {
    kind: 'organization',
    operation: 'organization.delete',
    lock,
    fromRow: changeableFromRow,
  } as const;
  await transaction(database, scope, async (tx) => {
    const current = await lockForChange<OrganizationRow, ChangeableOrganization>(tx, scope, input, steps);
    assertRevision(current, input.expectedRevision);
    const [project] = await tx.query<{ id: string }>(findProject(input.id));
    if (project !== undefined) throw hasDependent('project', project.id);
    const [row] = await tx.query<OrganizationRow>(bury(input.id));
    const buried = changeableFromRow(assertFound(row));
    await recordChange(tx, caller, { ...changeOf(steps, buried), event: 'deleted', changes: {} });
    await notifyAccessChanged(tx);
  });
}
