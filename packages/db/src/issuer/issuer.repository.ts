import type { Issuer, IssuerAlgorithm, IssuerId, Labels, OrganizationId, Scope } from '@netplane/domain';
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
import { type ApiDatabase, query, transaction } from '../client/database.ts';
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
import { type IssuerRow, issuerFromRow } from './issuer.row.ts';

/** Not scoped by organization: row-level security shows platform issuers and the caller's own. */
const table: ListTable = {
  relation: 'issuer',
  kind: 'issuer',
  organizationColumn: null,
  labelRows: false,
  nameColumn: 'name',
  alive: 'r.deleted_at is null',
};

const selectOne = statement('get_issuer', 'select * from issuer where id = $1 and deleted_at is null');

export async function findIssuer(
  database: ApiDatabase,
  scope: Scope,
  id: IssuerId,
): Promise<Issuer | undefined> {
  const [row] = await query<IssuerRow>(database, scope, selectOne(id));
  return row && issuerFromRow(row);
}

export async function listIssuers(
  database: ApiDatabase,
  scope: Scope,
  request: ListRequest,
): Promise<ListResult<Issuer>> {
  const page = await listRows<IssuerRow>(database, scope, table, request);
  return { ...page, rows: page.rows.map(issuerFromRow) };
}

/** What authentication knows of an issuer. */
export interface TrustedIssuer {
  readonly id: IssuerId;
  readonly organizationId: OrganizationId | null;
  readonly issuerUrl: string;
  readonly audiences: readonly string[];
  readonly jwksUri: string | null;
  readonly algorithms: readonly string[];
}

const selectTrusted = statement('find_issuer', 'select * from find_issuer($1)');

/** The issuer row of a token's `iss`, before any tenant is known. */
export async function findTrustedIssuer(
  database: ApiDatabase,
  issuerUrl: string,
): Promise<TrustedIssuer | undefined> {
  const [row] = await query<IssuerRow>(database, { kind: 'platform' }, selectTrusted(issuerUrl));
  if (row === undefined) return undefined;
  return {
    id: row.id,
    organizationId: row.organization_id,
    issuerUrl: row.issuer_url,
    audiences: row.audiences,
    jwksUri: row.jwks_uri,
    algorithms: row.algorithms,
  };
}

export interface NewIssuer {
  readonly id: IssuerId;
  readonly organizationId: OrganizationId | null;
  readonly name: string;
  readonly issuerUrl: string;
  readonly audiences: readonly string[];
  readonly jwksUri: string | null;
  readonly algorithms: readonly IssuerAlgorithm[];
  readonly labels: Labels;
}

const insert = statement(
  'insert_issuer',
  `insert into issuer (id, organization_id, name, issuer_url, audiences, jwks_uri, algorithms, labels)
   values ($1, $2, $3, $4, $5, $6, $7, $8) returning *`,
);
const lockOrganization = statement(
  'share_organization',
  'select id from organization where id = $1 and deleted_at is null for key share',
);
const byUrl = statement(
  'find_issuer_by_url',
  'select id from issuer where issuer_url = $1 and deleted_at is null',
);
const byName = statement(
  'find_issuer_by_name',
  'select id from issuer where name = $1 and organization_id is not distinct from $2 and deleted_at is null',
);

/** @throws NetplaneError `name_taken`, `not_found` for the organization */
export async function createIssuer(
  database: ApiDatabase,
  scope: Scope,
  caller: Caller,
  input: NewIssuer,
): Promise<Created<Issuer>> {
  const steps = { kind: 'issuer', operation: 'issuer.create' } as const;
  const organizationId = input.organizationId ?? PLATFORM_ORGANIZATION;
  return withHolders(database, scope, input, () =>
    transaction(database, scope, async (tx) => {
      if (input.organizationId !== null) {
        assertFound((await tx.query(lockOrganization(input.organizationId)))[0], '/organization_id');
      }
      const created = await createOnce<IssuerRow>(
        tx,
        caller,
        { organizationId, operation: steps.operation },
        async () => {
          const { id, name, issuerUrl, audiences, jwksUri, algorithms, labels } = input;
          const [row] = await tx.query<IssuerRow>(
            insert(
              id,
              input.organizationId,
              name,
              issuerUrl,
              audiences,
              jwksUri,
              algorithms,
              JSON.stringify(labels),
            ),
          );
          const made = assertFound(row);
          await recordChange(tx, caller, {
            ...changeOf(steps, issuerFromRow(made)),
            event: 'created',
            changes: { name, issuer_url: issuerUrl, audiences, jwks_uri: jwksUri, algorithms, labels },
          });
          await notifyAccessChanged(tx);
          return made;
        },
      );
      return { ...created, value: issuerFromRow(created.value) };
    }),
  );
}

async function withHolders<T>(
  database: ApiDatabase,
  scope: Scope,
  { issuerUrl, name, organizationId }: NewIssuer,
  work: () => Promise<T>,
): Promise<T> {
  const taken = { code: 'name_taken', kind: 'issuer' } as const;
  const urlTaken = { ...taken, pointer: '/issuer_url', lookup: byUrl(issuerUrl) };
  const nameTaken = { ...taken, pointer: '/name', lookup: byName(name, organizationId) };
  return namingHolder(database, scope, urlTaken, () => namingHolder(database, scope, nameTaken, work));
}

export interface IssuerChange {
  readonly audiences: readonly string[];
  readonly jwksUri: string | null;
  readonly algorithms: readonly IssuerAlgorithm[];
  readonly labels: Labels;
}

const lock = statement('lock_issuer', 'select * from issuer where id = $1 and deleted_at is null for update');
const update = statement(
  'update_issuer',
  `update issuer set audiences = $2, jwks_uri = $3, algorithms = $4, labels = $5, revision = revision + 1,
     updated_at = clock_timestamp()
   where id = $1 returning *`,
);

export async function updateIssuer(
  database: ApiDatabase,
  scope: Scope,
  caller: Caller,
  input: UpdateInput<Issuer, IssuerChange>,
): Promise<Issuer> {
  return updateRow<IssuerRow, Issuer, IssuerChange>(database, scope, caller, input, {
    kind: 'issuer',
    operation: 'issuer.update',
    lock,
    fromRow: issuerFromRow,
    async write(tx, { audiences, jwksUri, algorithms, labels }) {
      const [row] = await tx.query<IssuerRow>(
        update(input.id, audiences, jwksUri, algorithms, JSON.stringify(labels)),
      );
      await notifyAccessChanged(tx);
      return row;
    },
  });
}

const findBinding = statement(
  'find_binding_of_issuer',
  'select id from role_binding where issuer_id = $1 and deleted_at is null limit 1',
);
const bury = statement(
  'delete_issuer',
  'update issuer set deleted_at = clock_timestamp(), revision = revision + 1 where id = $1 returning *',
);

/** Its tokens stop working. @throws NetplaneError `has_dependents` while role bindings name it */
export async function deleteIssuer(
  database: ApiDatabase,
  scope: Scope,
  caller: Caller,
  input: DeleteInput,
): Promise<void> {
  const steps = { kind: 'issuer', operation: 'issuer.delete', lock, fromRow: issuerFromRow } as const;
  await transaction(database, scope, async (tx) => {
    const current = await lockForChange<IssuerRow, Issuer>(tx, scope, input, steps);
    assertRevision(current, input.expectedRevision);
    const [binding] = await tx.query<{ id: string }>(findBinding(input.id));
    if (binding !== undefined) throw hasDependent('role-binding', binding.id);
    const [row] = await tx.query<IssuerRow>(bury(input.id));
    const buried = issuerFromRow(assertFound(row));
    await recordChange(tx, caller, { ...changeOf(steps, buried), event: 'deleted', changes: {} });
    await notifyAccessChanged(tx);
  });
}
