/** One request for every operation of the policy table, over REST and over GraphQL, on resources of organization acme. */
import { camelCase, type Kind, kinds, type Operation, pascalCase } from '@netplane/domain';
import { createValid, validBody } from '../integration/support/each-kind.ts';
import type { Stage } from '../integration/support/stage.ts';
import type { Problem, View } from '../integration/support/views.ts';
import type { Answer, CallOptions, TestApi } from '../support/api.ts';
import { uniqueName } from '../support/builders/unique-name.ts';

export type Verb = 'create' | 'list' | 'get' | 'update' | 'delete';

/** How an operation is asked for; `body` holds only what a change needs. */
export interface OperationRequest {
  readonly operation: Operation;
  readonly kind: Kind;
  readonly verb: Verb;
  /** What it is about; `undefined` for create and list. */
  readonly id?: string;
  readonly body?: object;
}

export interface Outcome {
  /** Of REST, or as GraphQL's code would be. */
  readonly status: number;
  readonly code: string | undefined;
  /** Ids in the answer: one, those of a page, or none. */
  readonly ids: readonly string[];
}

export function verbOf(operation: Operation): { readonly kind: Kind; readonly verb: Verb } | undefined {
  const [kind = '', verb = ''] = operation.split('.');
  return kind in kinds ? { kind: kind as Kind, verb: verb as Verb } : undefined; // a key of kinds; me.get is not
}

/** A request that a platform administrator may make now; what it is about is made first. */
export async function requestFor(stage: Stage, operation: Operation): Promise<OperationRequest> {
  const target = verbOf(operation);
  if (target === undefined) throw new TypeError(`${operation} is about no kind`);
  const { kind, verb } = target;
  if (verb === 'create') return { operation, kind, verb, body: await validBody(stage, kind) };
  if (verb === 'list') return { operation, kind, verb };
  // members have one organization of their own; every other kind is made for the request
  const id =
    kind === 'organization' && verb !== 'delete' ? stage.world.acmeId : (await createValid(stage, kind)).id;
  return {
    operation,
    kind,
    verb,
    id,
    ...(verb === 'update' ? { body: { labels: { walked: uniqueName('at') } } } : {}),
  };
}

const methods = { create: 'POST', list: 'GET', get: 'GET', update: 'PATCH', delete: 'DELETE' } as const;

export async function askRest(
  api: TestApi,
  request: OperationRequest,
  options: CallOptions,
): Promise<Outcome> {
  const { kind, verb, id, body } = request;
  const path = `/v1/${kinds[kind].collection}${id === undefined ? '?limit=200' : `/${id}`}`;
  const sendable = verb === 'create' ? path.replace('?limit=200', '') : path;
  const answer: Answer<unknown> = await api.call(methods[verb], sendable, { ...options, body });
  const content = answer.body as (Partial<Problem> & Partial<View> & { items?: readonly View[] }) | undefined; // by status
  return {
    status: answer.status,
    code: answer.status >= 400 ? content?.code : undefined,
    ids: (content?.items ?? (content?.id === undefined ? [] : [content as View])).map((view) => view.id),
  };
}

interface GraphqlAnswer {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly { readonly extensions?: { readonly code?: string } }[];
}

const okStatus = { create: 201, list: 200, get: 200, update: 200, delete: 202 } as const;

export async function askGraphql(
  api: TestApi,
  request: OperationRequest,
  options: CallOptions,
): Promise<Outcome> {
  const { kind, verb, id, body } = request;
  const { text, variables } = documentOf(kind, verb, id, body);
  const answer = await api.call<GraphqlAnswer>('POST', '/graphql', {
    ...options,
    body: { query: text, variables },
  });
  const error = answer.body?.errors?.[0];
  const result = Object.values(answer.body?.data ?? {})[0] as GraphqlResult | null | undefined; // the one field asked for
  const code =
    error?.extensions?.code ??
    result?.code ??
    (answer.body as unknown as { code?: string } | undefined)?.code;
  if (code !== undefined) return { status: answer.status, code, ids: [] };
  if (result === null || result === undefined) return { status: 404, code: 'not_found', ids: [] };
  const nodes = result.nodes ?? (result.id === undefined ? [] : [{ id: result.id }]);
  return { status: okStatus[verb], code: undefined, ids: nodes.map((node) => node.id) };
}

interface GraphqlResult {
  readonly id?: string;
  readonly code?: string;
  readonly nodes?: readonly { readonly id: string }[];
}

function documentOf(kind: Kind, verb: Verb, id: string | undefined, body: object | undefined) {
  const [one, many] = [camelCase(kind), camelCase(kinds[kind].collection)];
  if (verb === 'list') return { text: `{ ${many}(first: 200) { nodes { id } } }`, variables: {} };
  if (verb === 'get') return { text: `query ($id: ID!) { ${one}(id: $id) { id } }`, variables: { id } };
  const [field, type] = [`${verb}${pascalCase(kind)}`, `${pascalCase(verb)}${pascalCase(kind)}`];
  const text = `mutation ($input: ${type}Input!) { ${field}(input: $input) { __typename ... on Problem { code } } }`;
  const input = { ...(id === undefined ? {} : { id }), ...(inCamelCase(body ?? {}) as object) };
  return { text, variables: { input } };
}

/** Labels are the caller's own words. */
function inCamelCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inCamelCase);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      key === 'labels' ? inner : inCamelCase(inner),
    ]),
  );
}
