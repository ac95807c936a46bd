import type { Condition, Phase, Status } from '@netplane/domain';
import { rfc3339 } from './pool.ts';

/** The status columns that every provisioned kind's table has. */
export interface StatusRow {
  readonly phase: Phase;
  readonly conditions: readonly Condition[];
  readonly status_revision: number;
  readonly observed_revision: number;
  readonly status_updated_at: string;
  readonly next_try_at: string | null;
  readonly status_message: string;
}

export function statusFromRow(row: StatusRow): Status {
  return {
    phase: row.phase,
    conditions: row.conditions,
    revision: row.status_revision,
    observed_revision: row.observed_revision,
    updated_at: rfc3339(row.status_updated_at),
    next_try_at: row.next_try_at === null ? null : rfc3339(row.next_try_at),
    message: row.status_message,
  };
}
