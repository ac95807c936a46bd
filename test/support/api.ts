/** The API process started inside the test on a port of its own, and a client that says what it sends and gets. */

import { bootstrapIssuer } from '@netplane/db';
import { type IssuerId, presentId } from '@netplane/domain';
import { inject } from 'vitest';
import { readApiSettings } from '../../apps/api/src/config.ts';
import { startApi } from '../../apps/api/src/server.ts';
import { AUDIENCE } from '../../apps/sandbox/src/identity/provider.ts';
import { apiEnvironment } from './api-environment.ts';
import type { TestDatabase } from './database.ts';

export interface Answer<T = Record<string, never>> {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed JSON; `undefined` for an empty answer. */
  readonly body: T;
  readonly text: string;
}

export interface CallOptions {
  /** Persona, or `null` for no token. Default `platform_admin`. */
  readonly as?: string | null;
  /** Instead of a persona's. */
  readonly token?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface TestApi {
  readonly url: string;
  readonly adminUrl: string;
  readonly issuerId: IssuerId;
  /** TypeID of the issuer of all personas. */
  readonly issuer: string;
  call<T = Record<string, never>>(method: string, path: string, options?: CallOptions): Promise<Answer<T>>;
  /** As `call`, but throws unless the answer is 2xx. */
  must<T>(method: string, path: string, options?: CallOptions): Promise<T>;
  graphql<T>(
    query: string,
    variables?: object,
    options?: CallOptions,
  ): Promise<{ data: T; errors?: GraphqlError[] }>;
  stop(): Promise<void>;
}

export interface GraphqlError {
  readonly message: string;
  readonly extensions: Readonly<Record<string, unknown>>;
}

export async function startTestApi(
  database: TestDatabase,
  environment: Readonly<Record<string, string>> = {},
): Promise<TestApi> {
  const issuerId = await bootstrapIssuer(database.superuserUrl, {
    name: 'test',
    issuerUrl: inject('issuerUrl'),
    audiences: [AUDIENCE],
    algorithms: ['ES256'],
  });
  const settings = readApiSettings({
    ...apiEnvironment,
    DATABASE_URL: database.apiUrl,
    LOG_LEVEL: 'error',
    API_DOCS: 'true',
    GRAPHIQL: 'true',
    GRAPHQL_INTROSPECTION: 'true',
    DEFAULT_CLUSTER_MODE: 'manage',
    ...environment,
  });
  const api = await startApi(settings, '0.0.0-test');
  const client = clientOf(api.url);
  return {
    ...client,
    url: api.url,
    adminUrl: api.adminUrl,
    issuerId,
    issuer: presentId('issuer', issuerId),
    stop: () => api.stop(),
  };
}

/** A client of an API that runs wherever it runs. */
export function clientOf(
  url: string,
  tokens: Readonly<Record<string, string>> = inject('tokens'),
): Pick<TestApi, 'call' | 'must' | 'graphql'> {
  async function call<T>(method: string, path: string, options: CallOptions = {}): Promise<Answer<T>> {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { ...authorization(tokens, options), ...contentType(method, options), ...options.headers },
      ...(options.body === undefined ? {} : { body: bodyOf(options.body) }),
    });
    const text = await response.text();
    const isJson = (response.headers.get('content-type') ?? '').includes('json');
    const body = (isJson && text !== '' ? JSON.parse(text) : undefined) as T; // the test says what it expects
    return { status: response.status, headers: response.headers, body, text };
  }

  return {
    call,
    async must<T>(method: string, path: string, options?: CallOptions) {
      const answer = await call<T>(method, path, options);
      if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
      return answer.body;
    },
    async graphql<T>(query: string, variables: object = {}, options: CallOptions = {}) {
      const answer = await call<{ data: T; errors?: GraphqlError[] }>('POST', '/graphql', {
        ...options,
        body: { query, variables },
      });
      return answer.body;
    },
  };
}

function authorization(
  tokens: Readonly<Record<string, string>>,
  { as = 'platform_admin', token }: CallOptions,
) {
  const bearer = token ?? (as === null ? undefined : tokens[as]);
  return bearer === undefined ? {} : { authorization: `Bearer ${bearer}` };
}

function contentType(method: string, { body }: CallOptions): Record<string, string> {
  if (body === undefined) return {};
  return { 'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json' };
}

function bodyOf(body: unknown): string {
  return typeof body === 'string' ? body : JSON.stringify(body);
}
