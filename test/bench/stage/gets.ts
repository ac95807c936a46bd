/** The load of requests that change nothing. */
import type { Extent, HttpLoad } from '../load/load.ts';
import type { BenchProcess } from './process.ts';
import { portOf } from './stage.ts';

export interface GetLoad {
  readonly token: string;
  /** Paths with their query; they take turns. */
  readonly paths: readonly string[];
  readonly concurrency: number;
  readonly extent: Extent;
}

export function httpGets(process: BenchProcess, { token, paths, concurrency, extent }: GetLoad): HttpLoad {
  const requests = paths.map((path) => [
    `GET ${path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer ${token}\r\nx-request-id: r-`,
    '\r\n\r\n',
  ]);
  return {
    ...{ kind: 'http', port: portOf(process), requests, firstNumber: 0, concurrency, extent },
    expectedStatus: 200,
  };
}

export interface GraphqlLoad {
  readonly token: string;
  readonly query: string;
  readonly concurrency: number;
  readonly extent: Extent;
}

export function graphqlQueries(process: BenchProcess, load: GraphqlLoad): HttpLoad {
  const { token, query, concurrency, extent } = load;
  const body = JSON.stringify({ query });
  const head = [
    'POST /graphql HTTP/1.1',
    'host: bench',
    `authorization: Bearer ${token}`,
    'content-type: application/json',
    `content-length: ${body.length}`,
    'x-request-id: r-',
  ].join('\r\n');
  return {
    ...{ kind: 'http', port: portOf(process), requests: [[head, `\r\n\r\n${body}`]], firstNumber: 0 },
    ...{ concurrency, extent, expectedStatus: 200 },
  };
}
