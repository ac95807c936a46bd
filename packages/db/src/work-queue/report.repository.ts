/** Writes what a worker found, where it changed and only while its claim is good. */
import type { Condition, Phase, ProvisionedKind } from '@netplane/domain';
import type { Pool } from 'pg';
import { queryPool } from '../client/database.ts';
import { channels } from '../client/notify.ts';
import { statement } from '../client/statement.ts';
import { type ClaimEnd, releaseWork, type WorkClaim } from './work-queue.repository.ts';

export interface StatusReport {
  readonly phase: Phase;
  readonly conditions: readonly Condition[];
  readonly message: string;
  /** The revision that was read; a newer one is not spoken of. */
  readonly observedRevision: number;
  /** Seconds until the next try, `null` when none is planned. */
  readonly nextTrySeconds: number | null;
  /** First confirmation of an EIP by its cluster. */
  readonly isProvisioned?: boolean;
  /** Whether the commit tells the API processes; else the caller does. */
  readonly announces?: boolean;
}

const tables = {
  cluster: 'cluster',
  'external-network': 'external_network',
  'ip-range': 'ip_range',
  project: 'project',
  eip: 'eip',
} as const satisfies Record<ProvisionedKind, string>;

const columns = {
  cluster: { organization: 'null::uuid', project: 'null::uuid' },
  'external-network': { organization: 'null::uuid', project: 'null::uuid' },
  'ip-range': { organization: 'null::uuid', project: 'null::uuid' },
  project: { organization: 'organization_id', project: 'id' },
  eip: { organization: 'organization_id', project: 'project_id' },
} as const satisfies Record<ProvisionedKind, object>;

// what is being deleted stays `deleting`, whatever was found before the DELETE
function reported(kind: ProvisionedKind): string {
  const provisioned =
    kind === 'eip'
      ? ', provisioned_at = coalesce(provisioned_at, case when $10 then clock_timestamp() end)'
      : '';
  const { organization, project } = columns[kind];
  return `before as (
      select id, phase from ${tables[kind]} where id = $1 and deleted_at is null for update
    ), reported as (
      update ${tables[kind]} r
      set phase = case when r.deleting_at is null then $4 else 'deleting' end, conditions = $5, status_message = $6,
          observed_revision = greatest(r.observed_revision, $7),
          next_try_at = clock_timestamp() + make_interval(secs => $8),
          status_revision = r.status_revision + 1, status_updated_at = clock_timestamp()${provisioned}
      from before where r.id = before.id and exists (
        select from work_item w where w.kind = $2 and w.id = $1 and w.claim = $3
      )
      returning r.*, before.phase as old_phase
    ), announced as (
      insert into event (organization_id, project_id, kind, id, type, revision, status_revision)
      select ${organization}, ${project}, $2, id, 'phase', revision, status_revision
      from reported where phase <> old_phase
    ), told as (
      select pg_notify('${channels.status}', id::text) from reported where $9
    )`;
}

function perKind<T>(make: (kind: ProvisionedKind) => T): Readonly<Record<ProvisionedKind, T>> {
  const kinds = Object.keys(tables) as ProvisionedKind[]; // the keys of the table above
  return Object.fromEntries(kinds.map((kind) => [kind, make(kind)])) as Record<ProvisionedKind, T>; // one entry per kind
}

const reports = perKind((kind) =>
  statement(
    `report_${kind}`,
    `with ${reported(kind)} select status_revision, (select count(*) from told) from reported`,
  ),
);

// a select that nobody reads does not run
const CONCLUSION = `select exists (select from reported) as written, (select due from concluded) as due,
      (select count(*) from told)`;
const firstOfConclusion = { eip: 11, other: 10 } as const;

// the item that somebody asked for again meanwhile is not deleted; `wanted` is looked at under the row's lock
const finishing = perKind((kind) => {
  const wanted = `$${kind === 'eip' ? firstOfConclusion.eip : firstOfConclusion.other}`;
  const text = `with ${reported(kind)}, concluded as (
      delete from work_item where kind = $2 and id = $1 and claim = $3 and wanted = ${wanted} returning false as due
    )
    ${CONCLUSION}`;
  return statement(`report_and_finish_${kind}`, text);
});

const puttingBack = perKind((kind) => {
  const wanted = `$${kind === 'eip' ? firstOfConclusion.eip : firstOfConclusion.other}`;
  const text = `with ${reported(kind)}, concluded as (
      update work_item
      set lease_until = null, claimed_by = null,
          run_at = case when wanted = ${wanted} then clock_timestamp() + make_interval(secs => $8) else clock_timestamp() end
      where kind = $2 and id = $1 and claim = $3 returning wanted <> ${wanted} as due
    )
    ${CONCLUSION}`;
  return statement(`report_and_put_back_${kind}`, text);
});

/** @returns whether it was written: not when the claim is stale or the row is gone */
export async function reportStatus(pool: Pool, claim: WorkClaim, report: StatusReport): Promise<boolean> {
  const written = await queryPool(pool, reports[claim.kind](...valuesOf(claim, report)));
  return written.length === 1;
}

/**
 * The report and the end of the claim in one statement: where `nextTrySeconds` is null the item is finished, else put
 * back until then. What was asked for meanwhile is due at once.
 */
export async function reportAndConclude(
  pool: Pool,
  claim: WorkClaim,
  report: StatusReport,
): Promise<{ readonly isWritten: boolean; readonly end: ClaimEnd }> {
  const isDone = report.nextTrySeconds === null;
  const conclusion = isDone ? finishing[claim.kind] : puttingBack[claim.kind];
  const [row] = await queryPool<{ written: boolean; due: boolean | null }>(
    pool,
    conclusion(...valuesOf(claim, report), claim.wanted),
  );
  const due = row?.due ?? null;
  const isWritten = row?.written === true;
  if (due !== null) return { isWritten, end: due ? 'due' : 'ended' };
  return { isWritten, end: isDone ? await releaseWork(pool, claim) : 'lost' };
}

function valuesOf(claim: WorkClaim, report: StatusReport): readonly unknown[] {
  return [
    ...[claim.id, claim.kind, claim.claim, report.phase, JSON.stringify(report.conditions), report.message],
    ...[report.observedRevision, report.nextTrySeconds, report.announces ?? false],
    ...(claim.kind === 'eip' ? [report.isProvisioned ?? false] : []),
  ];
}
