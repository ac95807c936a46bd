/**
 * The rows of a new project. Lock order: organization, quota, the cluster's CIDRs, addresses, the rest.
 */
import {
  assertProjectCidr,
  type Cluster,
  type ClusterId,
  decideGatewayAddress,
  decideNamespaces,
  type Eip,
  type EipId,
  type ExternalNetworkId,
  type Family,
  GATEWAY_EIP_NAME,
  knownBlock,
  type Labels,
  type NetworkType,
  type OrganizationId,
  type Project,
  type ProjectId,
  type ReservedCidr,
  type SnatRuleId,
  type SubnetId,
} from '@netplane/domain';
import { assertFound, changeOf } from '../client/changes.ts';
import type { Tx } from '../client/database.ts';
import { type Caller, enqueueWork, recordChange } from '../client/record.ts';
import { statement } from '../client/statement.ts';
import { chooseCluster } from '../cluster/cluster.repository.ts';
import { type EipRow, eipFromRow } from '../eip/eip.row.ts';
import { type ProjectRow, projectFromRow } from './project.row.ts';

export interface NewProject {
  readonly id: ProjectId;
  readonly eipId: EipId;
  readonly subnetId: SubnetId;
  readonly snatRuleId: SnatRuleId;
  /** Hexadecimal hash of the id, for a namespace that must differ. */
  readonly idHash: string;
  readonly organizationId: OrganizationId;
  readonly name: string;
  readonly clusterId: ClusterId | null;
  readonly cidr: string | null;
  readonly egressNetwork: { readonly word: string; readonly id: ExternalNetworkId | null };
  readonly labels: Labels;
  readonly allowCidrOverlap: boolean;
}

interface FoundNetwork {
  readonly id: ExternalNetworkId;
  readonly type: NetworkType;
  readonly family: Family;
}

/** What the transaction has taken for the project. */
interface Taken {
  readonly cluster: Cluster;
  readonly network: FoundNetwork;
  readonly organizationName: string;
  readonly cidr: string;
  readonly namespace: string;
  readonly gatewayEipAddress: string;
  /** When: the one instant of its rows, events and usage. */
  readonly at: string;
}

export async function insertProject(tx: Tx, caller: Caller, input: NewProject): Promise<ProjectRow> {
  const taken = await take(tx, input);
  const { row, project, gateway } = await insertRows(tx, input, taken);
  const steps = { kind: 'project', operation: 'project.create' } as const;
  const { name, network, address } = gateway;
  await recordChange(tx, caller, {
    ...changeOf({ ...steps, kind: 'eip' }, gateway),
    event: 'created',
    changes: { name, network, address },
    at: taken.at,
  });
  await recordChange(tx, caller, {
    ...changeOf(steps, project),
    event: 'created',
    changes: {
      name: input.name,
      cidr: project.cidr,
      egress_network: project.egressNetwork,
      labels: input.labels,
    },
    at: taken.at,
  });
  await enqueueWork(tx, 'project', project.id, project.clusterId, project.organizationId);
  await enqueueWork(tx, 'eip', input.eipId, project.clusterId, project.organizationId);
  return row;
}

const findNetwork = statement('find_network', `select * from find_network($1, $2, $3, '/egress_network')`);
const takeQuota = statement('take_quota', 'select take_quota($1, $2, $3, $4, $5, $6)');
const takeCidr = statement('take_project_cidr', 'select take_project_cidr($1, $2, $3) as cidr');
const takeNamespace = statement('take_namespace', 'select take_namespace($1, $2) as namespace');
const takeAddress = statement(
  'take_address',
  'select host(take_address($1, $2, null, null, $3, $4, $5)) as address',
);
const readClock = statement('read_clock', 'select clock_timestamp() as at');
const organizationName = statement('read_organization_name', 'select name from organization where id = $1');

async function take(tx: Tx, input: NewProject): Promise<Taken> {
  const { organizationId, egressNetwork } = input;
  const cluster = await chooseCluster(tx, input.clusterId);
  const [found] = await tx.query<FoundNetwork>(findNetwork(cluster.id, egressNetwork.word, egressNetwork.id));
  const network = assertFound(found);
  const [organization] = await tx.query<{ name: string }>(organizationName(organizationId));
  const { name } = assertFound(organization, '/organization_id');
  await assertWantedCidr(tx, cluster, input);
  await takeQuotas(tx, input, cluster, network);
  const [block] = await tx.query<{ cidr: string }>(takeCidr(cluster.id, input.cidr, input.allowCidrOverlap));
  const candidates = decideNamespaces(name, input.name, input.idHash);
  const [chosen] = await tx.query<{ namespace: string }>(takeNamespace(cluster.id, candidates));
  const [gateway] = await tx.query<{ address: string }>(
    takeAddress(organizationId, network.id, 'allocated', 'eip', input.eipId),
  );
  await tx.query(takeAddress(organizationId, network.id, 'router_port', 'project', input.id));
  const [clock] = await tx.query<{ at: string }>(readClock());
  return {
    cluster,
    network,
    organizationName: name,
    cidr: assertFound(block).cidr,
    namespace: assertFound(chosen).namespace,
    gatewayEipAddress: assertFound(gateway).address,
    at: assertFound(clock).at,
  };
}

const externalCidrs = statement(
  'external_cidrs_of_cluster',
  'select cidr, name from external_network where cluster_id = $1 and deleted_at is null',
);

async function assertWantedCidr(tx: Tx, cluster: Cluster, input: NewProject): Promise<void> {
  if (input.cidr === null) return;
  const networks = await tx.query<{ cidr: string; name: string }>(externalCidrs(cluster.id));
  const reserved: readonly ReservedCidr[] = [
    ...cluster.reservedCidrs,
    ...networks.map(({ cidr, name }) => ({ cidr, reservedBy: `external network ${name}` })),
  ];
  assertProjectCidr(input.cidr, cluster.projectCidrPool, reserved);
}

/** In the same order everywhere: projects, project addresses, EIPs. */
async function takeQuotas(tx: Tx, input: NewProject, cluster: Cluster, network: FoundNetwork): Promise<void> {
  const { organizationId } = input;
  const prefix = input.cidr === null ? cluster.projectCidrPrefix : knownBlock(input.cidr).prefix;
  await tx.query(takeQuota(organizationId, null, 'projects', '', '', 1));
  await tx.query(takeQuota(organizationId, null, 'project_addresses', '', '', 2 ** (32 - prefix)));
  await tx.query(takeQuota(organizationId, null, 'eips', network.type, network.family, 1));
}

const insert = statement(
  'insert_project',
  `insert into project (id, organization_id, cluster_id, name, namespace, cidr, gateway_address, egress_network,
     external_network_id, network_type, gateway_eip_id, subnet_id, snat_rule_id, allow_cidr_overlap, labels,
     created_at, updated_at, status_updated_at)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16, $16) returning *`,
);
const insertSubnet = statement(
  'insert_subnet',
  'insert into subnet (id, organization_id, project_id, cidr, gateway) values ($1, $2, $3, $4, $5)',
);
const insertGatewayEip = statement(
  'insert_gateway_eip',
  `insert into eip (id, organization_id, project_id, cluster_id, external_network_id, name, network, network_type,
     family, address, purpose, created_at, updated_at, status_updated_at)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'gateway', $11, $11, $11) returning *`,
);
const insertSnatRule = statement(
  'insert_snat_rule',
  'insert into snat_rule (id, organization_id, project_id, eip_id, cidr) values ($1, $2, $3, $4, $5)',
);
const openUsage = statement(
  'open_usage_interval',
  `select open_usage_interval($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'gateway', 'attached', '{}', $11, 'created')`,
);
const insertLabels = statement('insert_labels', 'select insert_labels($1, $2, $3, $4, $5)');

interface Inserted {
  readonly row: ProjectRow;
  readonly project: Project;
  readonly gateway: Eip;
}

async function insertRows(tx: Tx, input: NewProject, taken: Taken): Promise<Inserted> {
  const { id, organizationId, egressNetwork, eipId, subnetId, snatRuleId } = input;
  const { cluster, network, cidr, gatewayEipAddress, at } = taken;
  const labels = JSON.stringify(input.labels);
  const gateway = decideGatewayAddress(knownBlock(cidr));
  const [inserted] = await tx.query<ProjectRow>(
    insert(
      ...[id, organizationId, cluster.id, input.name, taken.namespace, cidr, gateway, egressNetwork.word],
      ...[network.id, network.type, eipId, subnetId, snatRuleId, input.allowCidrOverlap, labels],
      at,
    ),
  );
  const row = assertFound(inserted);
  await tx.query(insertLabels(organizationId, 'project', id, at, labels));
  await tx.query(insertSubnet(subnetId, organizationId, id, cidr, gateway));
  const [eipRow] = await tx.query<EipRow>(
    insertGatewayEip(
      ...[eipId, organizationId, id, cluster.id, network.id, GATEWAY_EIP_NAME, egressNetwork.word],
      ...[network.type, network.family, gatewayEipAddress, at],
    ),
  );
  await tx.query(insertSnatRule(snatRuleId, organizationId, id, eipId, cidr));
  await tx.query(
    openUsage(
      ...[organizationId, taken.organizationName, id, input.name, cluster.id, network.id],
      ...[network.type, network.family, gatewayEipAddress, eipId, at],
    ),
  );
  return { row, project: projectFromRow(row), gateway: eipFromRow(assertFound(eipRow)) };
}
