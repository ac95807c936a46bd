/** What the worker reads of a project, and how a project that the cluster has let go of ends. */
import type { Condition, Phase } from '@netplane/domain';
import type { Pool } from 'pg';
import { queryPool } from '../client/database.ts';
import { statement } from '../client/statement.ts';
import { quarantineAddresses } from '../external-network/quarantine.repository.ts';
import type { WorkClaim } from '../work-queue/work-queue.repository.ts';
import { announceDeleted, finishDeletion, type WorkRow, workColumns } from '../work-queue/work-row.ts';
import type { ProjectRow } from './project.row.ts';

export interface ProjectWorkRow extends ProjectRow, WorkRow {
  readonly conditions: WorkRow['conditions'];
  readonly deleting_at: string | null;
  /** Name of the egress network's Subnet on the cluster, once the network is ready. */
  readonly network_subnet: string | null;
  readonly network_gateway: string;
  readonly router_port_address: string;
  readonly gateway_eip_phase: Phase | null;
  readonly gateway_eip_conditions: readonly Condition[] | null;
  readonly gateway_eip_object: string | null;
  readonly has_eip_objects: boolean;
  /** Whether EIPs of the project are left, those being deleted included. */
  readonly has_eips: boolean;
  readonly cluster_conditions: readonly Condition[];
}

const load = statement(
  'load_project',
  `select r.*, ${workColumns('project')}, n.gateway as network_gateway, c.conditions as cluster_conditions,
     (select o.name from cluster_object o
      where o.owner_kind = 'external-network' and o.owner_id = n.id and o.slot = 'subnet' and o.gone_at is null
        and n.phase in ('ready', 'degraded', 'deleting')) as network_subnet,
     (select host(a.address) from ip_address a
      where a.holder_id = r.id and a.state = 'router_port' and a.external_network_id = n.id) as router_port_address,
     e.phase as gateway_eip_phase, e.conditions as gateway_eip_conditions,
     (select o.name from cluster_object o
      where o.owner_kind = 'eip' and o.owner_id = r.gateway_eip_id and o.slot = 'eip' and o.gone_at is null)
       as gateway_eip_object,
     exists (select from eip x join cluster_object o on o.owner_kind = 'eip' and o.owner_id = x.id and o.gone_at is null
             where x.project_id = r.id and x.deleted_at is null) as has_eip_objects,
     exists (select from eip x where x.project_id = r.id and x.deleted_at is null) as has_eips
   from project r
   join external_network n on n.id = r.external_network_id
   join cluster c on c.id = r.cluster_id
   left join eip e on e.id = r.gateway_eip_id and e.deleted_at is null
   where r.id = $1 and r.deleted_at is null`,
);

export async function loadProject(pool: Pool, id: string): Promise<ProjectWorkRow | undefined> {
  const [row] = await queryPool<ProjectWorkRow>(pool, load(id));
  return row;
}

// lock order: project, quota, addresses, the rest
const lockProject = statement('lock_deleting_project', 'select id from project where id = $1 for update');
const releaseQuota = statement('release_quota', 'select release_quota($1, $2, $3, $4, $5, $6)');
const bury = statement(
  'bury_project',
  `with subnets as (update subnet set deleted_at = clock_timestamp() where project_id = $1 and deleted_at is null),
   rules as (update snat_rule set deleted_at = clock_timestamp() where project_id = $1 and deleted_at is null),
   labels as (delete from resource_label where resource_id = $1),
   limits as (delete from quota_limit where project_id = $1),
   counters as (delete from quota_usage where project_id = $1)
   update project set deleted_at = clock_timestamp(), status_revision = status_revision + 1
   where id = $1 and deleting_at is not null and deleted_at is null returning status_revision`,
);

/** Name, namespace, CIDR and quota return; router ports go into quarantine. Only after every object was seen gone. */
export async function finishProject(
  pool: Pool,
  claim: WorkClaim,
  project: ProjectWorkRow,
  quarantineSeconds: number,
): Promise<boolean> {
  return finishDeletion(pool, claim, async (tx) => {
    const { id, organization_id: organizationId, cidr } = project;
    const addresses = 2 ** (32 - Number(cidr.split('/')[1]));
    await tx.query(lockProject(id));
    await tx.query(releaseQuota(organizationId, id, 'projects', '', '', 1));
    await tx.query(releaseQuota(organizationId, id, 'project_addresses', '', '', addresses));
    await quarantineAddresses(tx, id, 'router_port', quarantineSeconds);
    const [row] = await tx.query<{ status_revision: number }>(bury(id));
    if (row === undefined) throw new Error(`project ${id} is not being deleted`);
    const { revision } = project;
    await announceDeleted(tx, {
      ...{ organizationId, projectId: id, kind: 'project', id, revision },
      statusRevision: row.status_revision,
    });
  });
}
