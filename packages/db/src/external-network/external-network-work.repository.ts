/** What the worker reads of an external network, and how one that the cluster has let go of ends. */
import type { Pool } from 'pg';
import { queryPool } from '../client/database.ts';
import { statement } from '../client/statement.ts';
import type { WorkClaim } from '../work-queue/work-queue.repository.ts';
import { finishPlatformDeletion, type WorkRow, workColumns } from '../work-queue/work-row.ts';
import type { ExternalNetworkRow } from './external-network.row.ts';

export interface ExternalNetworkWorkRow extends ExternalNetworkRow, WorkRow {
  readonly conditions: WorkRow['conditions'];
  readonly deleting_at: string | null;
  /** Whether the cluster's row of the provider network is there. */
  readonly has_provider_network: boolean;
  /** Whether ranges, EIPs or projects are still on it, those being deleted included. */
  readonly has_dependents: boolean;
  /** First and last address of each range that is not being deleted. */
  readonly ranges: readonly { readonly first: string; readonly last: string }[];
}

const load = statement(
  'load_external_network',
  `select r.*, ${workColumns('external-network')},
     exists (select from cluster_object o
             where o.cluster_id = r.cluster_id and o.kind = 'ProviderNetwork' and o.name = r.provider_network
               and o.uid is not null and o.gone_at is null) as has_provider_network,
     exists (select from ip_range i where i.external_network_id = r.id and i.deleted_at is null)
       or exists (select from eip e where e.external_network_id = r.id and e.deleted_at is null)
       or exists (select from project p where p.external_network_id = r.id and p.deleted_at is null)
       as has_dependents,
     coalesce((select jsonb_agg(jsonb_build_object('first', host(i.first), 'last', host(i.last)) order by i.first)
               from ip_range i where i.external_network_id = r.id and i.deleting_at is null and i.deleted_at is null),
              '[]') as ranges
   from external_network r where r.id = $1 and r.deleted_at is null`,
);

export async function loadExternalNetwork(
  pool: Pool,
  id: string,
): Promise<ExternalNetworkWorkRow | undefined> {
  const [row] = await queryPool<ExternalNetworkWorkRow>(pool, load(id));
  return row;
}

const bury = statement(
  'bury_external_network',
  `update external_network set deleted_at = clock_timestamp(), status_revision = status_revision + 1
   where id = $1 and deleting_at is not null and deleted_at is null returning revision, status_revision`,
);

export async function finishExternalNetwork(pool: Pool, claim: WorkClaim): Promise<boolean> {
  return finishPlatformDeletion(pool, claim, bury);
}

const waiting = statement(
  'waiting_for_network',
  `select 'project' as kind, id, organization_id from project
   where external_network_id = $1 and deleted_at is null and phase <> 'ready'
   union all
   select 'eip', id, organization_id from eip
   where external_network_id = $1 and deleted_at is null and phase <> 'ready'
   union all
   select 'ip-range', id, null from ip_range where external_network_id = $1 and deleted_at is null`,
);

/** Ranges of the network, and what is not ready on it: it may have waited for the network. */
export async function listWaitingForNetwork(pool: Pool, id: string) {
  return queryPool<{ kind: 'project' | 'eip' | 'ip-range'; id: string; organization_id: string | null }>(
    pool,
    waiting(id),
  );
}
