/** What the worker reads of an EIP, and how an EIP that the cluster has let go of ends. */
import type { EipId, ProjectId } from '@netplane/domain';
import type { Pool } from 'pg';
import { queryPool } from '../client/database.ts';
import { statement } from '../client/statement.ts';
import { quarantineAddresses } from '../external-network/quarantine.repository.ts';
import type { WorkClaim } from '../work-queue/work-queue.repository.ts';
import { announceDeleted, finishDeletion, type WorkRow } from '../work-queue/work-row.ts';
import type { EipRow } from './eip.row.ts';

/** A row of `eip_work_row`. */
export interface EipWorkRow extends EipRow, WorkRow {
  readonly conditions: WorkRow['conditions'];
  readonly deleting_at: string | null;
  /** Name of the network's Subnet on the cluster, once the network is ready. */
  readonly network_subnet: string | null;
  /**
   * Whether a NAT rule that refers to it is on the cluster, or may still come: a pass over the project that began before
   * its DELETE makes one. It is over when the project says how its deletion goes.
   */
  readonly is_used: boolean;
  readonly project_is_deleting: boolean;
}

const load = statement('load_eip', 'select * from eip_work_row where id = $1 and deleted_at is null');
const loadMany = statement(
  'load_eips',
  'select * from eip_work_row where id = any ($1) and deleted_at is null',
);

export async function loadEip(pool: Pool, id: string): Promise<EipWorkRow | undefined> {
  const [row] = await queryPool<EipWorkRow>(pool, load(id));
  return row;
}

/** Those of the ids that are there, in no order. */
export async function loadEips(pool: Pool, ids: readonly string[]): Promise<readonly EipWorkRow[]> {
  return queryPool<EipWorkRow>(pool, loadMany(ids));
}

// lock order: project, quota, address, the rest
const shareProject = statement('share_project', 'select id from project where id = $1 for key share');
const releaseQuota = statement('release_quota', 'select release_quota($1, $2, $3, $4, $5, $6)');
const bury = statement(
  'bury_eip',
  `update eip set deleted_at = clock_timestamp(), status_revision = status_revision + 1
   where id = $1 and deleting_at is not null and deleted_at is null returning status_revision`,
);
const dropLabels = statement('drop_labels', 'delete from resource_label where resource_id = $1');

/** Quota and name return, the address goes into quarantine. Only after its object was seen gone. */
export async function finishEip(
  pool: Pool,
  claim: WorkClaim,
  eip: EipWorkRow,
  quarantineSeconds: number,
): Promise<boolean> {
  return finishDeletion(pool, claim, async (tx) => {
    const { id, organization_id: organizationId, project_id: projectId } = eip;
    await tx.query(shareProject(projectId));
    await tx.query(releaseQuota(organizationId, projectId, 'eips', eip.network_type, eip.family, 1));
    await quarantineAddresses(tx, id, 'releasing', quarantineSeconds);
    const [row] = await tx.query<{ status_revision: number }>(bury(id));
    if (row === undefined) throw new Error(`EIP ${id} is not being deleted`);
    await tx.query(dropLabels(id));
    const { revision } = eip;
    await announceDeleted(tx, {
      ...{ organizationId, projectId, kind: 'eip', id, revision },
      statusRevision: row.status_revision,
    });
  });
}

const ofProject = statement(
  'eips_of_project',
  'select id from eip where project_id = $1 and deleted_at is null',
);

/** Ids of the EIPs that a project still has, those being deleted included. */
export async function listEipsOfProject(pool: Pool, projectId: ProjectId): Promise<readonly EipId[]> {
  return (await queryPool<{ id: EipId }>(pool, ofProject(projectId))).map((row) => row.id);
}
