/** Relay connections over the same lists, filters and cursors as REST. */

import type { ListRequest } from '@netplane/db';
import { NetplaneError, parseId } from '@netplane/domain';
import type { RequestContext } from '../../context.ts';
import { makeCursor } from '../http/cursor.ts';
import {
  cursorScope,
  type ListQuery,
  listRequestOf,
  PAGE_DEFAULT,
  PAGE_MAX,
} from '../resource/list-query.ts';
import type { Resource } from '../resource/service.ts';
import { camelView, snakeBody } from './camel-view.ts';
import type { AnyGraphqlResource } from './graphql-resource.ts';

export interface ConnectionArguments {
  readonly first?: number | null;
  readonly after?: string | null;
  readonly filter?: Readonly<Record<string, unknown>> | null;
  readonly sort?: string | null;
}

/** One page as a connection; `fixed` are filters that the place in the graph sets. */
export async function loadConnection(
  ctx: RequestContext,
  resource: AnyGraphqlResource,
  args: ConnectionArguments,
  fixed: Readonly<Record<string, string>>,
): Promise<object> {
  const query = queryOf(args, fixed);
  const request = listRequestOf(resource.schema, query, ctx.settings.CURSOR_SECRET);
  const page = await resource.service.list(ctx, request);
  return connectionOf(ctx, resource, query, request, page.rows, page.more);
}

/** The first page of each parent, in one statement. */
export async function loadConnections(
  ctx: RequestContext,
  resource: AnyGraphqlResource,
  args: ConnectionArguments,
  filter: string,
  parents: readonly string[],
): Promise<readonly object[]> {
  const [only] = parents;
  if (only !== undefined && (parents.length === 1 || args.after)) {
    return Promise.all(parents.map((parent) => loadConnection(ctx, resource, args, { [filter]: parent })));
  }
  const definition = resource.schema.filters[filter];
  if (definition?.idKind === undefined)
    throw new TypeError(`${filter} is no parent of ${resource.schema.kind}`);
  const { column, idKind } = definition;
  const uuids = parents.map((parent) => parseId(idKind, parent) ?? parent);
  const request = listRequestOf(resource.schema, queryOf(args, {}), ctx.settings.CURSOR_SECRET);
  const page = await resource.service.list(ctx, { ...request, perParent: { column, ids: uuids } });
  return uuids.map((uuid, index) => {
    const rows = page.rows.filter((_, position) => page.parents[position] === uuid);
    const query = queryOf(args, { [filter]: parents[index] ?? '' });
    return connectionOf(
      ctx,
      resource,
      query,
      request,
      rows.slice(0, request.limit),
      rows.length > request.limit,
    );
  });
}

function queryOf(args: ConnectionArguments, fixed: Readonly<Record<string, string>>): ListQuery {
  const { first, after, filter, sort } = args;
  const limit = first ?? PAGE_DEFAULT;
  if (limit < 1 || limit > PAGE_MAX) {
    throw new NetplaneError('invalid_request', {
      detail: `first is 1 to ${PAGE_MAX}.`,
      errors: [{ pointer: '?first' }],
    });
  }
  const sorts = ['created_at', 'name'];
  const wanted = sort === null || sort === undefined ? undefined : sort.replace('createdAt', 'created_at');
  if (wanted !== undefined && !sorts.includes(wanted)) {
    throw new NetplaneError('invalid_request', {
      detail: 'sort is created_at or name.',
      errors: [{ pointer: '?sort' }],
    });
  }
  const given = Object.entries(snakeBody(filter ?? {}) as object).filter(([, value]) => value !== null);
  return {
    ...Object.fromEntries(given),
    ...fixed,
    limit,
    ...(after === null || after === undefined ? {} : { cursor: after }),
    ...(wanted === undefined ? {} : { sort: wanted as 'created_at' | 'name' }), // checked against the list above
  };
}

function connectionOf(
  ctx: RequestContext,
  resource: AnyGraphqlResource,
  query: ListQuery,
  request: ListRequest,
  rows: readonly Resource[],
  hasNextPage: boolean,
): object {
  const scope = cursorScope(resource.schema, query);
  const cursorOf = (row: Resource) =>
    makeCursor(ctx.settings.CURSOR_SECRET, scope, {
      value: request.sort === 'name' ? (row.name ?? '') : row.createdAt,
      id: row.id,
    });
  const [first, last] = [rows[0], rows.at(-1)];
  const nodes = rows.map((row) => camelView(resource.present(row, ctx)));
  return {
    // signed only when the field is asked for
    edges: rows.map((row, index) => ({ cursor: () => cursorOf(row), node: nodes[index] })),
    nodes,
    pageInfo: {
      hasNextPage,
      hasPreviousPage: query.cursor !== undefined,
      startCursor: first === undefined ? null : cursorOf(first),
      endCursor: last === undefined ? null : cursorOf(last),
    },
    // counted only when the field is asked for
    totalCount: async () => {
      const counted = await resource.service.list(ctx, { ...request, limit: 1, count: true });
      return counted.total ?? 0;
    },
  };
}
