/** Writes what a worker found, where it changed and only while its claim is good. */
import type { Condition, Phase, ProvisionedKind } from '@netplane/domain';
import type { Pool } from 'pg';
import { queryPool } from '../client/database.ts';
import { statement } from '../client/statement.ts';
import type { WorkClaim } from './work-queue.repository.ts';

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
const statements = Object.fromEntries(
  (Object.keys(tables) as ProvisionedKind[]).map((kind) => {
    const provisioned =
      kind === 'eip'
        ? ', provisioned_at = coalesce(provisioned_at, case when $9 then clock_timestamp() end)'
        : '';
    const { organization, project } = columns[kind];
    const text = `with before as (
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
      )
      select status_revision from reported`;
    return [kind, statement(`report_${kind}`, text)];
  }),
) as Record<ProvisionedKind, ReturnType<typeof statement>>; // one entry per kind

/** @returns whether it was written: not when the claim is stale or the row is gone */
export async function reportStatus(pool: Pool, claim: WorkClaim, report: StatusReport): Promise<boolean> {
  const values = [
    ...[claim.id, claim.kind, claim.claim, report.phase, JSON.stringify(report.conditions), report.message],
    ...[report.observedRevision, report.nextTrySeconds],
    ...(claim.kind === 'eip' ? [report.isProvisioned ?? false] : []),
  ];
  const written = await queryPool(pool, statements[claim.kind](...values));
  return written.length === 1;
}
