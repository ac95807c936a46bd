/** Every operation that changes something leaves one audit row that says who, what and where; a read leaves none. */
import { operations, parseId } from '@netplane/domain';
import { describe, expect, it } from 'vitest';
import { uuidOf } from '../integration/support/ledger.ts';
import { roomyQuotas, useStage } from '../integration/support/stage.ts';
import { askGraphql, askRest, type OperationRequest, requestFor, verbOf } from './requests.ts';

const stage = useStage({ environment: roomyQuotas });

const doors = { REST: askRest, GraphQL: askGraphql } as const;
const everyWay = operations
  .filter((operation) => verbOf(operation) !== undefined)
  .flatMap((operation) =>
    (Object.keys(doors) as (keyof typeof doors)[]).map((door) => ({ operation, door })),
  );

interface AuditRow {
  readonly operation: string;
  readonly kind: string;
  readonly resource_id: string;
  readonly subject: string;
  readonly issuer_id: string;
  readonly request_id: string;
  readonly organization_id: string | null;
}

async function auditSince(number: number): Promise<readonly AuditRow[]> {
  const { rows } = await stage.database.owner.query<AuditRow>(
    'select * from audit_event where number > $1 order by number',
    [number],
  );
  return rows;
}

async function lastAudit(): Promise<number> {
  const { rows } = await stage.database.owner.query<{ n: number }>(
    'select coalesce(max(number), 0)::int as n from audit_event',
  );
  return rows[0]?.n ?? 0;
}

describe.each(everyWay)('$operation over $door', ({ operation, door }) => {
  const isChange = ['create', 'update', 'delete'].includes(verbOf(operation)?.verb ?? '');

  it(isChange ? 'leaves its audit row' : 'leaves no audit row', async () => {
    const request = await requestFor(stage, operation);
    const before = await lastAudit();
    const { code } = await doors[door](stage.api, request, { headers: { 'x-request-id': 'walked' } });
    expect(code).toBeUndefined();
    const rows = await auditSince(before);
    if (isChange) expectAudited(rows, request);
    else expect(rows).toEqual([]);
  });

  it.runIf(isChange)('leaves none when it is refused', async () => {
    const request = await requestFor(stage, operation);
    const before = await lastAudit();
    const { code } = await doors[door](stage.api, request, { as: 'acme_viewer' });
    expect(code).toBe('forbidden');
    expect(await auditSince(before)).toEqual([]);
  });
});

function expectAudited(rows: readonly AuditRow[], { operation, kind, id }: OperationRequest): void {
  const own = rows.filter((row) => row.kind === kind && row.operation === operation);
  expect(own).toHaveLength(1);
  expect(own[0]).toMatchObject({
    subject: 'platform-admin',
    issuer_id: parseId('issuer', stage.api.issuer),
    request_id: 'walked',
    ...(id === undefined ? {} : { resource_id: uuidOf(kind, id) }),
  });
  const belongsToAcme = !['organization', 'cluster', 'external-network', 'ip-range'].includes(kind);
  if (belongsToAcme) expect(own[0]?.organization_id).toBe(uuidOf('organization', stage.world.acmeId));
}
