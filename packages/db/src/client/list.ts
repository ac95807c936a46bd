/**
 * Keyset pages over any kind. The cost of a page does not grow with its depth: every sort has an index that ends in
 * the id, and a cursor continues inside it. Members of several organizations read one short page of each and merge.
 */
import type { LabelRequirement, Scope } from '@netplane/domain';
import type { QueryConfig, QueryResultRow } from 'pg';
import { type ApiDatabase, query } from './database.ts';
import { composed } from './statement.ts';

export interface ListRequest {
  /** Column → value that it must equal, or one of several. Columns come from the kind's table, never from a caller. */
  readonly equals: Readonly<Record<string, string | readonly string[]>>;
  readonly namePrefix?: string;
  readonly updatedAfter?: string;
  readonly labels: readonly LabelRequirement[];
  readonly sort: 'created_at' | 'name';
  /** The last row of the page before. */
  readonly after?: { readonly value: string; readonly id: string };
  readonly limit: number;
  readonly count: boolean;
  /** One first page for each of these parents, in one statement. */
  readonly perParent?: { readonly column: string; readonly ids: readonly string[] };
}

export interface ListResult<Row> {
  readonly rows: readonly Row[];
  /** Whether rows follow after these. */
  readonly more: boolean;
  /** Up to `COUNT_MAX`; only when asked for. */
  readonly total: number | undefined;
  /** With `perParent`: the parent of each row. There a parent with more than `limit` rows answers one row more. */
  readonly parents: readonly string[];
}

export interface ListTable {
  readonly relation: string;
  readonly kind: string;
  /** Column with the organization, `null` for platform tables. */
  readonly organizationColumn: 'organization_id' | 'id' | null;
  /** Whether labels are rows of `resource_label`; small platform tables match their jsonb column. */
  readonly labelRows: boolean;
  /** `name` where the kind has one. */
  readonly nameColumn: 'name' | null;
  readonly alive: string;
}

export const COUNT_MAX = 10_000;

/** One page of what the scope may see. */
export async function listRows<Row extends QueryResultRow>(
  database: ApiDatabase,
  scope: Scope,
  table: ListTable,
  request: ListRequest,
): Promise<ListResult<Row>> {
  if (request.perParent !== undefined)
    return listPerParent(database, scope, table, request, request.perParent);
  const rows = await query<Row>(database, scope, pageStatement(table, scope, request));
  const total = request.count ? await countRows(database, scope, table, request) : undefined;
  return { rows: rows.slice(0, request.limit), more: rows.length > request.limit, total, parents: [] };
}

async function listPerParent<Row extends QueryResultRow>(
  database: ApiDatabase,
  scope: Scope,
  table: ListTable,
  request: ListRequest,
  { column, ids }: NonNullable<ListRequest['perParent']>,
): Promise<ListResult<Row>> {
  const values: unknown[] = [ids];
  const where = conditions(table, request, values).join(' and ');
  const text = `select page.*, parent.id as parent_of_page from unnest($1::uuid[]) as parent (id)
    cross join lateral (
      select r.* from ${table.relation} r where r.${column} = parent.id and ${where} ${orderOf(request)}
      limit ${request.limit + 1}
    ) page`;
  const config = composed(text, values, { recurs: recurs(request) });
  const rows = await query<Row & { parent_of_page: string }>(database, scope, config);
  return { rows, more: false, total: undefined, parents: rows.map((row) => row.parent_of_page) };
}

function orderOf(request: ListRequest, by: Alias = 'r'): string {
  return request.sort === 'name'
    ? `order by ${by}.name, ${by}.id`
    : `order by ${by}.created_at desc, ${by}.id desc`;
}

async function countRows(
  database: ApiDatabase,
  scope: Scope,
  table: ListTable,
  request: ListRequest,
): Promise<number> {
  const values: unknown[] = [];
  const { after: _, ...everyPage } = request;
  const where = conditions(table, everyPage, values);
  const text = `select count(*)::int as total from (select from ${table.relation} r where ${where.join(' and ')} limit ${COUNT_MAX}) counted`;
  const [row] = await query<{ total: number }>(
    database,
    scope,
    composed(text, values, { recurs: recurs(request) }),
  );
  return row?.total ?? 0;
}

function pageStatement(table: ListTable, scope: Scope, request: ListRequest): QueryConfig {
  const values: unknown[] = [];
  const order = orderOf(request);
  const limit = `limit ${request.limit + 1}`;
  const column = table.organizationColumn;
  const organizations = organizationsOf(table, scope, request);
  if (column === null || organizations === undefined) {
    const where = conditions(table, request, values).join(' and ');
    const text = `select r.* from ${table.relation} r where ${where} ${order} ${limit}`;
    return composed(text, values, { recurs: recurs(request) });
  }
  const { [column]: _, ...equals } = request.equals;
  const { from, by, labels } = sourceOf(table, request, values);
  const where = conditions(table, { ...request, equals, labels }, values, by).join(' and ');
  values.push(organizations);
  // the planner must not see whose page it is: it would plan each anew, and walk through other organizations' rows
  // to those of a large one
  const text = `select r.* from unnest((select $${values.length}::uuid[])) as organization (id)
    cross join lateral (
      select r.* from ${from} where r.${column} = organization.id and ${where} ${orderOf(request, by)} ${limit}
    ) r ${order} ${limit}`;
  return composed(text, values, { recurs: labels.length === 0 });
}

/** Whose `created_at` and `id` a page is sorted by and continues after. */
type Alias = 'r' | 'labelled';

interface Source {
  readonly from: string;
  readonly by: Alias;
  /** Those that the rows have to meet still. */
  readonly labels: readonly LabelRequirement[];
}

/**
 * The rows themselves; or where one label with one value is asked for, its rows, which have an index in the page's
 * order. Only asked whether a row has the label, the planner sorts all that have it for each page.
 */
function sourceOf(table: ListTable, request: ListRequest, values: unknown[]): Source {
  const { labels, sort } = request;
  const own = `${table.relation} r`;
  const isIndexed = table.labelRows && sort === 'created_at';
  const leading = isIndexed ? labels.find(hasOneValue) : undefined;
  if (leading === undefined) return { from: own, by: 'r', labels };
  const value = (item: unknown) => `$${values.push(item)}`;
  return {
    from: `(
      select l.created_at, l.resource_id as id from resource_label l where l.organization_id = organization.id
        and l.kind = ${value(table.kind)} and l.key = ${value(leading.key)} and l.value = ${value(leading.values[0])}
    ) labelled join ${own} on r.id = labelled.id`,
    by: 'labelled',
    labels: labels.filter((requirement) => requirement !== leading),
  };
}

function hasOneValue(requirement: LabelRequirement): requirement is LabelRequirement & { operator: 'in' } {
  return requirement.operator === 'in' && requirement.values.length === 1;
}

/** Those that a page is merged from, each once; `undefined` for all that there are. */
function organizationsOf(
  { organizationColumn }: ListTable,
  scope: Scope,
  request: ListRequest,
): readonly string[] | undefined {
  const asked = organizationColumn === null ? undefined : request.equals[organizationColumn];
  if (asked !== undefined) return [...new Set([asked].flat())];
  return scope.kind === 'platform' ? undefined : scope.visible;
}

function conditions(table: ListTable, request: ListRequest, values: unknown[], by: Alias = 'r'): string[] {
  const value = (item: unknown) => `$${values.push(item)}`;
  const where = [table.alive];
  for (const [column, wanted] of Object.entries(request.equals)) {
    where.push(
      Array.isArray(wanted) ? `r.${column} = any (${value(wanted)})` : `r.${column} = ${value(wanted)}`,
    );
  }
  if (request.namePrefix !== undefined && table.nameColumn !== null) {
    // a range of the "C" collation, since LIKE is not leakproof and would lose the index under row-level security
    where.push(
      `r.name >= ${value(request.namePrefix)} and r.name < ${value(`${request.namePrefix}\u{10ffff}`)}`,
    );
  }
  if (request.updatedAfter !== undefined) where.push(`r.updated_at > ${value(request.updatedAfter)}`);
  for (const requirement of request.labels) where.push(labelCondition(table, requirement, value));
  if (request.after !== undefined) {
    const [sign, type] = request.sort === 'name' ? ['>', 'text'] : ['<', 'timestamptz'];
    const after = `(select ${value(request.after.value)}::${type}), (select ${value(request.after.id)}::uuid)`;
    where.push(`(${by}.${request.sort}, ${by}.id) ${sign} (${after})`); // out of the planner's sight, as the organizations are
  }
  return where;
}

function labelCondition(
  table: ListTable,
  requirement: LabelRequirement,
  value: (item: unknown) => string,
): string {
  const isNegative = requirement.operator === 'not-in' || requirement.operator === 'not-exists';
  const key = value(requirement.key);
  const values = 'values' in requirement ? value(requirement.values) : undefined;
  if (!table.labelRows) {
    const held =
      values === undefined ? `r.labels ? ${key}` : `coalesce(r.labels ->> ${key} = any (${values}), false)`;
    return isNegative ? `not ${held}` : `(${held})`;
  }
  const kind = value(table.kind);
  const matches = values === undefined ? '' : `and l.value = any (${values})`;
  const exists = `exists (select from resource_label l where l.organization_id = r.${table.organizationColumn}
    and l.kind = ${kind} and l.resource_id = r.id and l.key = ${key} ${matches})`;
  return isNegative ? `not ${exists}` : exists;
}

/** Selectors come in endless shapes; only requests without one are worth a prepared statement. */
function recurs(request: ListRequest): boolean {
  return request.labels.length === 0;
}
