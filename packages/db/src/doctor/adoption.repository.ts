/** Rows for what stands on a cluster and no row knows, with the ids that the objects carry. */
import type { ClusterId, OrganizationId } from '@netplane/domain';
import type { Pool } from 'pg';
import { poolTransaction, queryPool, type Tx } from '../client/database.ts';
import { statement } from '../client/statement.ts';

/** One object of an owner, as the cluster has it. */
export interface AdoptedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly ownerKind: string;
  readonly ownerId: string;
  readonly organizationId: OrganizationId | null;
  readonly slot: string;
  readonly builderVersion: number;
  /** `null` where the name says nothing of it: the next one. */
  readonly incarnation: number | null;
}

export interface AdoptedEip {
  readonly id: string;
  readonly organizationId: string;
  readonly projectId: string;
  readonly networkId: string;
  readonly address: string;
  readonly name: string;
  /** When its object was made. */
  readonly madeAt: string | null;
}

export interface AdoptedProject {
  readonly id: string;
  readonly organizationId: string;
  readonly name: string;
  readonly namespace: string;
  readonly cidr: string;
  readonly gateway: string;
  readonly networkId: string;
  readonly routerPortAddress: string;
  readonly gatewayEipId: string;
  readonly gatewayEipAddress: string;
  readonly subnetId: string;
  readonly snatRuleId: string;
  readonly madeAt: string | null;
}

export interface Adoption {
  readonly clusterId: ClusterId;
  /** What has no row yet. */
  readonly project?: AdoptedProject;
  readonly eip?: AdoptedEip;
  readonly objects: readonly AdoptedObject[];
}

const adoptEip = statement('adopt_eip', 'select adopt_eip($1, $2, $3, $4, $5, $6, $7)');
const adoptProject = statement(
  'adopt_project',
  'select adopt_project($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)',
);

/**
 * All of it or nothing.
 * @throws NetplaneError where something stands against it: quota, name, address, CIDR, a parent that is not there
 */
export async function adopt(pool: Pool, { clusterId, project, eip, objects }: Adoption): Promise<void> {
  await poolTransaction(pool, async (tx) => {
    if (project !== undefined) {
      const { id, organizationId, name, namespace, cidr, gateway, networkId, routerPortAddress } = project;
      await tx.query(
        adoptProject(
          ...[id, organizationId, clusterId, name, namespace, cidr, gateway, networkId, routerPortAddress],
          ...[project.gatewayEipId, project.gatewayEipAddress, project.subnetId, project.snatRuleId],
          project.madeAt,
        ),
      );
    }
    if (eip !== undefined) {
      const { id, organizationId, projectId, networkId, address, name, madeAt } = eip;
      await tx.query(adoptEip(id, organizationId, projectId, networkId, address, name, madeAt));
    }
    for (const object of objects) await recordObject(tx, clusterId, object);
  });
}

const endOthers = statement(
  'end_other_incarnations',
  `update cluster_object set gone_at = clock_timestamp()
   where owner_id = $1 and slot = $2 and gone_at is null and uid is distinct from $3`,
);
const record = statement(
  'record_adopted_object',
  `insert into cluster_object (cluster_id, api_version, kind, name, uid, owner_kind, owner_id, organization_id, slot,
     origin, builder_version, incarnation)
   select $1, $2, $3, $4, $5, $6, $7, $8, $9, 'created', $10,
     coalesce($11, (select max(incarnation) + 1 from cluster_object where owner_id = $7 and slot = $9), 1)
   on conflict (owner_id, slot, incarnation) do update
   set uid = excluded.uid, name = excluded.name, gone_at = null`,
);
const enqueueOwner = statement('enqueue_adopted', 'select enqueue_work($1, $2, $3, $4)');

async function recordObject(tx: Tx, clusterId: ClusterId, object: AdoptedObject): Promise<void> {
  const { ownerKind, ownerId, organizationId, slot, uid } = object;
  await tx.query(endOthers(ownerId, slot, uid));
  await tx.query(
    record(
      ...[clusterId, object.apiVersion, object.kind, object.name, uid, ownerKind, ownerId, organizationId],
      ...[slot, object.builderVersion, object.incarnation],
    ),
  );
  await tx.query(enqueueOwner(ownerKind, ownerId, clusterId, organizationId));
}

const ownerExists = statement(
  'adoption_owner',
  `select kind from (
     select 'project' as kind, id, deleted_at from project
     union all select 'eip', id, deleted_at from eip
     union all select 'external-network', id, deleted_at from external_network
     union all select 'cluster', id, deleted_at from cluster
   ) owner where owner.kind = $1 and owner.id = $2 and owner.deleted_at is null`,
);

/** Whether a resource has its row. */
export async function hasRow(pool: Pool, kind: string, id: string): Promise<boolean> {
  return (await queryPool(pool, ownerExists(kind, id))).length === 1;
}

const nameOfOrganization = statement(
  'adoption_organization',
  'select name from organization where id = $1 and deleted_at is null',
);

export async function findOrganizationName(pool: Pool, id: string): Promise<string | undefined> {
  const [row] = await queryPool<{ name: string }>(pool, nameOfOrganization(id));
  return row?.name;
}
