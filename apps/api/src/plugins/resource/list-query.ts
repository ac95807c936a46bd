/** Filters, sort and cursor of a list, from REST query parameters or a GraphQL filter. */

import type { ListRequest } from '@netplane/db';
import { type Kind, kinds, NetplaneError, parseId, parseLabelSelector, phases } from '@netplane/domain';
import { type TObject, type TSchema, Type } from 'typebox';
import { readCursor } from '../http/cursor.ts';
import { idOf } from './fields.ts';
import { utcInstant } from './instant.ts';

/** A filter by equality: the parameter's schema, the column behind it, and the kind where it holds an id. */
export interface Filter {
  readonly schema: TSchema;
  readonly column: string;
  readonly idKind?: Kind;
}

export type Filters = Readonly<Record<string, Filter>>;

/** Parent ids and other columns of one kind, besides what every kind has. */
export interface ListDefinition {
  readonly kind: Kind;
  readonly hasName: boolean;
  readonly filters: Filters;
}

export const PAGE_DEFAULT = 50;
export const PAGE_MAX = 200;
const IDS_MAX = 100;

/** Parameters of `GET /v1/<collection>`. */
export function listQuerySchema(definition: ListDefinition): TObject {
  const own = Object.entries(definition.filters).map(([name, filter]) => [
    name,
    Type.Optional(filter.schema),
  ]);
  const byName = {
    name: Type.Optional(Type.String({ maxLength: 63 })),
    q: Type.Optional(
      Type.String({ maxLength: 63, pattern: '^[-a-z0-9]*$', description: 'Prefix of the name' }),
    ),
  };
  const sorts = definition.hasName ? ['created_at', 'name'] : ['created_at'];
  return Type.Object(
    {
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: PAGE_MAX, default: PAGE_DEFAULT })),
      cursor: Type.Optional(Type.String({ maxLength: 1024 })),
      sort: Type.Optional(
        Type.String({ enum: sorts, default: 'created_at', description: 'created_at descends, name ascends' }),
      ),
      count: Type.Optional(Type.Boolean({ description: 'Also answer `total`, exact up to 10,000' })),
      id: Type.Optional(Type.Array(idOf(definition.kind, 'Repeatable'), { maxItems: IDS_MAX })),
      labels: Type.Optional(
        Type.String({ maxLength: 4096, description: 'Label selector, e.g. env=prod,tier!=db' }),
      ),
      updated_after: Type.Optional(Type.String({ format: 'date-time' })),
      ...(definition.hasName ? byName : {}),
      ...(kinds[definition.kind].provisioned
        ? { phase: Type.Optional(Type.String({ enum: [...phases] })) }
        : {}),
      ...Object.fromEntries(own),
    },
    { additionalProperties: false },
  );
}

/** The parameters after validation. */
export interface ListQuery extends Readonly<Record<string, unknown>> {
  readonly limit?: number;
  readonly cursor?: string;
  readonly sort?: 'created_at' | 'name';
  readonly count?: boolean;
  readonly id?: readonly string[];
  readonly labels?: string;
  readonly updated_after?: string;
  readonly name?: string;
  readonly q?: string;
  readonly phase?: string;
}

/** @throws NetplaneError `invalid_request` for a bad selector, `invalid_cursor` */
export function listRequestOf(
  definition: ListDefinition,
  query: ListQuery,
  cursorSecret: string,
): ListRequest {
  const { cursor } = query;
  return {
    equals: equalsOf(definition, query),
    labels: query.labels === undefined || query.labels === '' ? [] : parseLabelSelector(query.labels),
    sort: query.sort ?? 'created_at',
    limit: query.limit ?? PAGE_DEFAULT,
    count: query.count ?? false,
    ...(query.q === undefined || query.q === '' ? {} : { namePrefix: query.q }),
    ...(query.updated_after === undefined ? {} : { updatedAfter: instantOf(query.updated_after) }),
    ...(cursor === undefined
      ? {}
      : { after: readCursor(cursorSecret, cursorScope(definition, query), cursor) }),
  };
}

/** What a cursor is bound to: the kind, the filters and the sort, not the page's size or a count. */
export function cursorScope(definition: ListDefinition, query: ListQuery): object {
  const { cursor: _, limit: __, count: ___, ...filters } = query;
  return { ...filters, sort: query.sort ?? 'created_at', kind: definition.kind };
}

function equalsOf(definition: ListDefinition, query: ListQuery): Record<string, string | readonly string[]> {
  const equals: Record<string, string | readonly string[]> = {};
  if (query.id !== undefined) equals.id = query.id.map((id) => uuidOf(definition.kind, id, 'id'));
  if (query.name !== undefined) equals.name = query.name;
  if (query.phase !== undefined) equals.phase = query.phase;
  for (const [name, filter] of Object.entries(definition.filters)) {
    const value = query[name];
    if (value === undefined) continue;
    equals[filter.column] =
      filter.idKind === undefined ? String(value) : uuidOf(filter.idKind, String(value), name);
  }
  return equals;
}

/** GraphQL's filter is any text until here. */
function instantOf(text: string): string {
  const instant = utcInstant(text);
  if (instant === undefined) {
    throw new NetplaneError('invalid_request', {
      errors: [{ pointer: '?updated_after', detail: 'not an RFC 3339 date-time' }],
    });
  }
  return instant;
}

function uuidOf(kind: Kind, id: string, parameter: string): string {
  const uuid = parseId(kind, id);
  if (uuid === undefined) {
    throw new NetplaneError('invalid_request', {
      errors: [{ pointer: `?${parameter}`, detail: `not an id of a ${kind}` }],
    });
  }
  return uuid;
}
