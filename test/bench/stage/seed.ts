/**
 * EIPs by the million, written by SQL as the owner of the tables. The rows are what the API would have written; only
 * the checks of foreign keys are left out, which would take longer than the rows.
 */
import { type Network, plus } from './network.ts';
import type { Stage } from './stage.ts';
import type { Tenant } from './tenants.ts';

export interface Seed {
  readonly tenant: Tenant;
  readonly network: Network;
  readonly count: number;
  /** EIPs of each project; the tenant's own project has the first ones. */
  readonly perProject: number;
}

/** One EIP in so many carries the label `tier=db`. */
const LABELLED_ONE_IN = 100;

/** Rows of projects and EIPs and of their labels: what reads look at. */
export async function seedEips(stage: Stage, seed: Seed): Promise<void> {
  const { tenant, network, count, perProject } = seed;
  const { organizationId, projectId } = tenant;
  await asReplica(stage, [
    {
      text: `create table seeded as
        select n, uuidv7(make_interval(secs => (n - $1) * 0.1)) as id, $2::uuid as organization_id,
          case when n < $4 then $3::uuid else md5('project ' || n / $4)::uuid end as project_id,
          host($5::inet + n) as address,
          case when n % ${LABELLED_ONE_IN} = 0 then '{"tier": "db"}'::jsonb else '{}' end as labels,
          clock_timestamp() + make_interval(secs => (n - $1) * 0.1) as at
        from generate_series(0, $1::int - 1) n`,
      values: [count, organizationId, projectId, perProject, plus(network.base, SEEDED_OFFSET)],
    },
    {
      text: `insert into project (id, organization_id, cluster_id, name, namespace, cidr, gateway_address, egress_network,
          external_network_id, network_type, gateway_eip_id, subnet_id, snat_rule_id, allow_cidr_overlap)
        select s.id, p.organization_id, p.cluster_id, 'seeded-' || s.n, 'seeded-' || s.n, p.cidr, p.gateway_address,
          p.egress_network, p.external_network_id, p.network_type, s.id, s.id, s.id, true
        from (select distinct project_id as id, n / $2::int as n from seeded where n >= $2) s
        join project p on p.id = $1`,
      values: [projectId, perProject],
    },
    {
      text: `insert into eip (id, organization_id, project_id, cluster_id, external_network_id, name, network, network_type,
          family, address, purpose, provisioned_at, labels, phase, observed_revision, created_at, updated_at,
          status_updated_at, conditions)
        select s.id, s.organization_id, s.project_id, p.cluster_id, $2, 'seeded-' || s.n, 'cloud', 'cloud', 'ipv4',
          s.address, 'general', s.at, s.labels, 'ready', 1, s.at, s.at, s.at, $3
        from seeded s cross join (select cluster_id from project where id = $1) p order by s.n`,
      values: [projectId, network.uuid, READY],
    },
    {
      text: `insert into resource_label
        select organization_id, 'eip', id, 'tier', 'db', at from seeded where n % ${LABELLED_ONE_IN} = 0`,
    },
  ]);
  await stage.database.owner.query('vacuum analyze eip, project, resource_label');
}

/** The rest of what that many creates have left behind: addresses, usage, events, audit, kept answers. */
export async function seedTrail(stage: Stage, { tenant, network }: Seed): Promise<void> {
  await asReplica(stage, [
    {
      text: `update ip_address a set state = 'allocated', organization_id = s.organization_id, holder_kind = 'eip',
          holder_id = s.id
        from seeded s where a.external_network_id = $1 and a.address = s.address::inet`,
      values: [network.uuid],
    },
    {
      text: `insert into usage_interval (organization_id, organization_name, project_id, project_name, cluster_id,
          external_network_id, network_type, family, address, eip_id, purpose, state, labels, started_at, start_reason)
        select e.organization_id, 'seeded', e.project_id, 'seeded', e.cluster_id, e.external_network_id,
          e.network_type, e.family, e.address::inet, e.id, e.purpose, 'idle', e.labels, e.created_at, 'created'
        from eip e join seeded s on s.id = e.id order by s.n`,
    },
    {
      text: `insert into event (organization_id, project_id, kind, id, type, revision, status_revision, at, seq)
        select organization_id, project_id, 'eip', id, 'created', 1, 1, at,
          (select last from event_sequence) + 1 + n from seeded order by n`,
    },
    { text: 'update event_sequence set last = last + (select count(*) from seeded)' },
    {
      text: `insert into audit_event (at, organization_id, project_id, issuer_id, subject, operation, kind, resource_id,
          request_id, changes)
        select at, organization_id, project_id, $1, $2, 'eip.create', 'eip', id, id::text,
          jsonb_build_object('name', 'seeded-' || n, 'network', 'cloud', 'address', address, 'labels', labels)
        from seeded order by n`,
      values: [stage.issuerId, tenant.subject],
    },
    {
      text: `insert into idempotency_key
        select e.organization_id, $1, $2, 'eip.create', e.name, sha256(e.name::bytea), to_json(e),
          clock_timestamp() + interval '24 hours'
        from eip e join seeded s on s.id = e.id order by s.n`,
      values: [stage.issuerId, tenant.subject],
    },
  ]);
  await stage.database.owner.query('vacuum analyze');
}

/** Frees the name for another seed on the same stage. */
export async function forgetSeed(stage: Stage): Promise<void> {
  await stage.database.owner.query('drop table if exists seeded');
}

/** The addresses before belong to what the API made on the stage. */
const SEEDED_OFFSET = 1_024;

const READY = JSON.stringify(
  ['AddressReady'].map((type) => ({
    ...{ type, status: 'true', reason: 'Ready', message: '', params: {}, waiting_on: null },
    ...{ last_transition_at: '2026-01-01T00:00:00.000000Z', observed_revision: 1 },
  })),
);

interface Statement {
  readonly text: string;
  readonly values?: unknown[];
}

async function asReplica(stage: Stage, statements: readonly Statement[]): Promise<void> {
  const client = await stage.database.owner.connect();
  try {
    await client.query('set session_replication_role = replica');
    for (const statement of statements) await client.query(statement);
  } finally {
    client.release(true); // the setting goes with the connection
  }
}
