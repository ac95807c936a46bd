import type {
  ClusterId,
  EipId,
  ExternalNetworkId,
  Labels,
  OrganizationId,
  Project,
  ProjectId,
  SnatRuleId,
  SubnetId,
} from '@netplane/domain';
import { rfc3339 } from '../client/pool.ts';
import { type StatusRow, statusFromRow } from '../client/status-row.ts';

export interface ProjectRow extends StatusRow {
  readonly id: ProjectId;
  readonly organization_id: OrganizationId;
  readonly cluster_id: ClusterId;
  readonly name: string;
  readonly namespace: string;
  readonly cidr: string;
  readonly gateway_address: string;
  readonly egress_network: string;
  readonly external_network_id: ExternalNetworkId;
  readonly network_type: string;
  readonly gateway_eip_id: EipId;
  readonly subnet_id: SubnetId;
  readonly snat_rule_id: SnatRuleId;
  readonly allow_cidr_overlap: boolean;
  readonly labels: Labels;
  readonly revision: number;
  readonly created_at: string;
  readonly updated_at: string;
  readonly deleting_at: string | null;
}

export function projectFromRow(row: ProjectRow): Project {
  return {
    id: row.id,
    organizationId: row.organization_id,
    clusterId: row.cluster_id,
    name: row.name,
    namespace: row.namespace,
    cidr: row.cidr,
    gatewayAddress: row.gateway_address,
    egressNetwork: row.egress_network,
    networkId: row.external_network_id,
    networkType: row.network_type,
    gatewayEipId: row.gateway_eip_id,
    subnetId: row.subnet_id,
    snatRuleId: row.snat_rule_id,
    allowCidrOverlap: row.allow_cidr_overlap,
    labels: row.labels,
    revision: row.revision,
    createdAt: rfc3339(row.created_at),
    updatedAt: rfc3339(row.updated_at),
    status: statusFromRow(row),
  };
}
