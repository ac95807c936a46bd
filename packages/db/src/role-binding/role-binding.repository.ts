import {
  assertIssuerMayActIn,
  assertPermitted,
  type IssuerId,
  type Labels,
  type Membership,
  NetplaneError,
  type OrganizationId,
  type Role,
  type RoleBinding,
  type RoleBindingId,
  type Scope,
  strongestRole,
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
import { notifyAccessChanged } from '../client/notify.ts';
import { type Caller, type Created, createOnce, recordChange } from '../client/record.ts';
import { statement } from '../client/statement.ts';
import { type RoleBindingRow, roleBindingFromRow } from './role-binding.row.ts';

const table: ListTable = {
  relation: 'role_binding',
  kind: 'role-binding',
  organizationColumn: 'organization_id',
  labelRows: false,
  nameColumn: null,
  alive: 'r.deleted_at is null',
};

const selectOne = statement(
  'get_role_binding',
  'select * from role_binding where id = $1 and deleted_at is null',
);

export async function findRoleBinding(
  database: ApiDatabase,
  scope: Scope,
  id: RoleBindingId,
): Promise<RoleBinding | undefined> {
  const [row] = await query<RoleBindingRow>(database, scope, selectOne(id));
  return row && roleBindingFromRow(row);
}

export async function listRoleBindings(
  database: ApiDatabase,
  scope: Scope,
  request: ListRequest,
): Promise<ListResult<RoleBinding>> {
  const page = await listRows<RoleBindingRow>(database, scope, table, request);
  return { ...page, rows: page.rows.map(roleBindingFromRow) };
}

interface MembershipRow {
  readonly organization_id: OrganizationId;
  readonly name: string;
  readonly display_name: string | null;
  readonly role: Role;
}

const selectMemberships = statement('find_memberships', 'select * from find_memberships($1, $2, $3)');

/** The organizations of a token's holder, each with its strongest role; before any tenant is known. */
export async function findMemberships(
  database: ApiDatabase,
  issuerId: IssuerId,
  subject: string,
  groups: readonly string[],
): Promise<readonly Membership[]> {
  const rows = await query<MembershipRow>(
    database,
    { kind: 'platform' },
    selectMemberships(issuerId, subject, groups),
  );
  const byOrganization = Map.groupBy(rows, (row) => row.organization_id);
  return [...byOrganization.values()].flatMap((held) => {
    const [first] = held;
    const role = strongestRole(held.map((row) => row.role));
    if (first === undefined || role === undefined) return [];
    return [
      {
        organizationId: first.organization_id,
        organizationName: first.name,
        organizationDisplayName: first.display_name,
        role,
      },
    ];
  });
}

export interface NewRoleBinding {
  readonly id: RoleBindingId;
  readonly organizationId: OrganizationId;
  readonly issuerId: IssuerId;
  readonly subject: string | null;
  readonly group: string | null;
  readonly role: Role;
  readonly labels: Labels;
}

const shareOrganization = statement(
  'share_organization',
  'select id from organization where id = $1 and deleted_at is null for key share',
);
const shareIssuer = statement(
  'read_issuer_organization',
  'select organization_id from issuer where id = $1 and deleted_at is null',
);
const insert = statement(
  'insert_role_binding',
  `insert into role_binding (id, organization_id, issuer_id, subject, "group", role, labels)
   values ($1, $2, $3, $4, $5, $6, $7) returning *`,
);
const byHolder = statement(
  'find_role_binding_by_holder',
  `select id from role_binding where organization_id = $1 and issuer_id = $2 and subject is not distinct from $3
     and "group" is not distinct from $4 and deleted_at is null`,
);

/** @throws NetplaneError `name_taken` for a holder that is bound already, `not_found` */
export async function createRoleBinding(
  database: ApiDatabase,
  scope: Scope,
  caller: Caller,
  input: NewRoleBinding,
): Promise<Created<RoleBinding>> {
  const { id, organizationId, issuerId, subject, group, role, labels } = input;
  const steps = { kind: 'role-binding', operation: 'role-binding.create' } as const;
  const lookup = byHolder(organizationId, issuerId, subject, group);
  return namingHolder(database, scope, { code: 'name_taken', kind: 'role-binding', lookup }, () =>
    transaction(database, scope, async (tx) => {
      assertPermitted(scope, steps.operation, organizationId, '/organization_id');
      assertFound((await tx.query(shareOrganization(organizationId)))[0], '/organization_id');
      await setTenants(tx, [organizationId]);
      const created = await createOnce<RoleBindingRow>(
        tx,
        caller,
        { organizationId, operation: steps.operation },
        async () => {
          const [issuer] = await tx.query<{ organization_id: OrganizationId | null }>(shareIssuer(issuerId));
          const owner = assertFound(issuer, '/issuer_id').organization_id;
          assertIssuerMayActIn({ organizationId: owner }, organizationId);
          const [row] = await tx.query<RoleBindingRow>(
            insert(id, organizationId, issuerId, subject, group, role, JSON.stringify(labels)),
          );
          const made = assertFound(row);
          const changes = { issuer_id: issuerId, subject, group, role, labels };
          await recordChange(tx, caller, {
            ...changeOf(steps, roleBindingFromRow(made)),
            event: 'created',
            changes,
          });
          await notifyAccessChanged(tx);
          return made;
        },
      );
      return { ...created, value: roleBindingFromRow(created.value) };
    }),
  );
}

export interface RoleBindingChange {
  readonly role: Role;
  readonly labels: Labels;
}

const lock = statement(
  'lock_role_binding',
  'select * from role_binding where id = $1 and deleted_at is null for update',
);
const update = statement(
  'update_role_binding',
  `update role_binding set role = $2, labels = $3, revision = revision + 1, updated_at = clock_timestamp()
   where id = $1 returning *`,
);

export async function updateRoleBinding(
  database: ApiDatabase,
  scope: Scope,
  caller: Caller,
  input: UpdateInput<RoleBinding, RoleBindingChange>,
): Promise<RoleBinding> {
  return updateRow<RoleBindingRow, RoleBinding, RoleBindingChange>(database, scope, caller, input, {
    kind: 'role-binding',
    operation: 'role-binding.update',
    lock,
    fromRow: roleBindingFromRow,
    async write(tx, { role, labels }, current) {
      if (current.role === 'owner' && role !== 'owner') await assertAnotherOwner(tx, current);
      const [row] = await tx.query<RoleBindingRow>(update(input.id, role, JSON.stringify(labels)));
      await notifyAccessChanged(tx);
      return row;
    },
  });
}

const bury = statement(
  'delete_role_binding',
  'update role_binding set deleted_at = clock_timestamp(), revision = revision + 1 where id = $1 returning *',
);

/** @throws NetplaneError `last_owner` */
export async function deleteRoleBinding(
  database: ApiDatabase,
  scope: Scope,
  caller: Caller,
  input: DeleteInput,
): Promise<void> {
  const steps = {
    kind: 'role-binding',
    operation: 'role-binding.delete',
    lock,
    fromRow: roleBindingFromRow,
  } as const;
  await transaction(database, scope, async (tx) => {
    const current = await lockForChange<RoleBindingRow, RoleBinding>(tx, scope, input, steps);
    assertRevision(current, input.expectedRevision);
    if (current.role === 'owner') await assertAnotherOwner(tx, current);
    const [row] = await tx.query<RoleBindingRow>(bury(input.id));
    const buried = roleBindingFromRow(assertFound(row));
    await recordChange(tx, caller, { ...changeOf(steps, buried), event: 'deleted', changes: {} });
    await notifyAccessChanged(tx);
  });
}

const lockOwners = statement(
  'lock_owners',
  `select id from role_binding where organization_id = $1 and role = 'owner' and deleted_at is null
   order by id for update`,
);

/** Locks all owners, so that two of them cannot remove each other at once. */
async function assertAnotherOwner(tx: Tx, current: RoleBinding): Promise<void> {
  const owners = await tx.query<{ id: string }>(lockOwners(current.organizationId));
  if (!owners.some((owner) => owner.id !== current.id)) throw new NetplaneError('last_owner');
}
