import {
  assertPermitted,
  type Eip,
  type Labels,
  type Project,
  type ProjectId,
  type Scope,
} from '@netplane/domain';
import {
  assertFound,
  assertRevision,
  changeOf,
  type DeleteInput,
  hasDependent,
  isDeleting,
  lockForChange,
  type UpdateInput,
  updateRow,
} from '../client/changes.ts';
import { type ApiDatabase, query, setTenants, type Tx, transaction } from '../client/database.ts';
import { namingHolder } from '../client/holders.ts';
import { type ListRequest, type ListResult, type ListTable, listRows } from '../client/list.ts';
import { type Caller, type Created, createOnce, enqueueWork, recordChange } from '../client/record.ts';
import { statement } from '../client/statement.ts';
import { lockEip, startEipDeletion } from '../eip/eip.repository.ts';
import { type ProjectRow, projectFromRow } from './project.row.ts';
import { insertProject, type NewProject } from './project-create.repository.ts';

const table: ListTable = {
  relation: 'project',
  kind: 'project',
  organizationColumn: 'organization_id',
  labelRows: true,
  nameColumn: 'name',
  alive: 'r.deleted_at is null',
};

const selectOne = statement('get_project', 'select * from project where id = $1 and deleted_at is null');

export async function findProject(
  database: ApiDatabase,
  scope: Scope,
  id: ProjectId,
): Promise<Project | undefined> {
  const [row] = await query<ProjectRow>(database, scope, selectOne(id));
  return row && projectFromRow(row);
}

export async function listProjects(
  database: ApiDatabase,
  scope: Scope,
  request: ListRequest,
): Promise<ListResult<Project>> {
  const page = await listRows<ProjectRow>(database, scope, table, request);
  return { ...page, rows: page.rows.map(projectFromRow) };
}

const shareOrganization = statement(
  'share_organization',
  'select id from organization where id = $1 and deleted_at is null for key share',
);
const byName = statement(
  'find_project_by_name',
  'select id from project where organization_id = $1 and name = $2 and deleted_at is null',
);

/**
 * A project with its subnet, gateway EIP, router port and SNAT rule, their quota and usage, in one transaction.
 * @throws NetplaneError `quota_exceeded`, `pool_exhausted`, `cidr_in_use`, `cidr_reserved`, `cidr_out_of_pool`,
 *   `name_taken`, `not_found`, `forbidden`, `no_cluster`, `network_unavailable`, `idempotency_key_reused`
 */
export async function createProject(
  database: ApiDatabase,
  scope: Scope,
  caller: Caller,
  input: NewProject,
): Promise<Created<Project>> {
  const { organizationId } = input;
  const operation = 'project.create';
  const lookup = byName(organizationId, input.name);
  return namingHolder(database, scope, { code: 'name_taken', kind: 'project', lookup }, () =>
    transaction(database, scope, async (tx) => {
      assertPermitted(scope, operation, organizationId, '/organization_id');
      assertFound((await tx.query(shareOrganization(organizationId)))[0], '/organization_id');
      await setTenants(tx, [organizationId]);
      const created = await createOnce<ProjectRow>(tx, caller, { organizationId, operation }, () =>
        insertProject(tx, caller, input),
      );
      return { ...created, value: projectFromRow(created.value) };
    }),
  );
}

export interface ProjectChange {
  readonly labels: Labels;
}

// for update: creates of its children hold it for key share and see the change, or are seen by it
const lock = statement(
  'lock_project',
  'select * from project where id = $1 and deleted_at is null for update',
);
const update = statement(
  'update_project',
  `update project set labels = $2, revision = revision + 1, updated_at = clock_timestamp()
   where id = $1 returning *`,
);
const removeLabels = statement(
  'remove_labels',
  'delete from resource_label where organization_id = $1 and kind = $2 and resource_id = $3',
);
const insertLabels = statement('insert_labels', 'select insert_labels($1, $2, $3, $4, $5)');

export async function updateProject(
  database: ApiDatabase,
  scope: Scope,
  caller: Caller,
  input: UpdateInput<Project, ProjectChange>,
): Promise<Project> {
  return updateRow<ProjectRow, Project, ProjectChange>(database, scope, caller, input, {
    kind: 'project',
    operation: 'project.update',
    lock,
    fromRow: projectFromRow,
    async write(tx, change, { id, organizationId, clusterId, createdAt }) {
      const labels = JSON.stringify(change.labels);
      const [row] = await tx.query<ProjectRow>(update(id, labels));
      await tx.query(removeLabels(organizationId, 'project', id));
      await tx.query(insertLabels(organizationId, 'project', id, createdAt, labels));
      await enqueueWork(tx, 'project', id, clusterId, organizationId);
      return row;
    },
  });
}

const findDependent = statement(
  'find_dependent_of_project',
  `select id from eip
   where project_id = $1 and purpose = 'general' and deleting_at is null and deleted_at is null limit 1`,
);
const markDeleting = statement(
  'mark_project_deleting',
  `update project set deleting_at = clock_timestamp(), phase = 'deleting', revision = revision + 1,
     status_revision = status_revision + 1, updated_at = clock_timestamp()
   where id = $1 returning *`,
);

/**
 * With what it made for itself: its gateway EIP stops costing here.
 * @throws NetplaneError `has_dependents` while it holds an EIP that is not being deleted
 */
export async function deleteProject(
  database: ApiDatabase,
  scope: Scope,
  caller: Caller,
  input: DeleteInput,
): Promise<Project> {
  const steps = { kind: 'project', operation: 'project.delete', lock, fromRow: projectFromRow } as const;
  return transaction(database, scope, async (tx) => {
    const current = await lockForChange<ProjectRow, Project>(tx, scope, input, steps);
    if (isDeleting(current)) return current;
    assertRevision(current, input.expectedRevision);
    const [dependent] = await tx.query<{ id: string }>(findDependent(input.id));
    if (dependent !== undefined) throw hasDependent('eip', dependent.id);
    const gateway = await deleteGatewayEip(tx, current);
    const [row] = await tx.query<ProjectRow>(markDeleting(input.id));
    const deleting = projectFromRow(assertFound(row));
    await recordChange(tx, caller, {
      ...changeOf({ ...steps, kind: 'eip' }, gateway),
      event: 'deleting',
      changes: {},
    });
    await recordChange(tx, caller, { ...changeOf(steps, deleting), event: 'deleting', changes: {} });
    await enqueueWork(tx, 'project', current.id, current.clusterId, current.organizationId);
    return deleting;
  });
}

async function deleteGatewayEip(tx: Tx, project: Project): Promise<Eip> {
  return startEipDeletion(tx, project.organizationId, await lockEip(tx, project.gatewayEipId));
}
