/** The load of `POST /v1/eips`, over HTTP and as the statement alone. */
import type { Extent, HttpLoad, SqlLoad } from '../load/load.ts';
import type { BenchProcess } from './process.ts';
import { portOf, type Stage } from './stage.ts';
import type { Tenant } from './tenants.ts';

export interface CreateLoad {
  readonly tenants: readonly Tenant[];
  readonly concurrency: number;
  readonly extent: Extent;
  /** Default `cloud`. */
  readonly network?: string;
}

/** Numbers are names and idempotency keys: each is used once on a stage. */
export interface Numbers {
  /** The first of so many numbers that nobody else gets. */
  take(count: number): number;
}

/** More creates than a load of that many seconds can make. */
const RESERVED_PER_LOAD = 200_000;
const EIGHT_DIGITS = 100_000_000;

export function createNumbers(): Numbers {
  let next = 1;
  return {
    take(count) {
      const first = next;
      next += count;
      if (next >= EIGHT_DIGITS) throw new RangeError('numbers have eight digits');
      return first;
    },
  };
}

/** @param process an API, or whatever serves the same route */
export function httpCreates(process: BenchProcess, numbers: Numbers, load: CreateLoad): HttpLoad {
  const { tenants, concurrency, extent, network = 'cloud' } = load;
  return {
    kind: 'http',
    port: portOf(process),
    requests: tenants.map((tenant) => createRequest(tenant, network)),
    firstNumber: numbers.take(RESERVED_PER_LOAD),
    ...{ concurrency, extent, expectedStatus: 201 },
  };
}

export function sqlCreates(stage: Stage, numbers: Numbers, load: CreateLoad): SqlLoad {
  const { concurrency, extent } = load;
  const tenants = load.tenants.map(({ subject, organizationId, projectId }) => ({
    ...{ issuerId: stage.issuerId, subject, organizationId, projectId },
  }));
  const firstNumber = numbers.take(RESERVED_PER_LOAD);
  return { kind: 'sql', url: stage.database.apiUrl, tenants, firstNumber, concurrency, extent };
}

function createRequest({ token, project }: Tenant, network: string): readonly string[] {
  const body = [`{"project_id":"${project}","name":"b-`, `","network":"${network}"}`];
  const length = body.join('').length + '00000000'.length;
  const head = [
    'POST /v1/eips HTTP/1.1',
    'host: bench',
    `authorization: Bearer ${token}`,
    'content-type: application/json',
    `content-length: ${length}`,
    'idempotency-key: b-',
  ].join('\r\n');
  const [before = '', after = ''] = body;
  return [head, `\r\n\r\n${before}`, after];
}
