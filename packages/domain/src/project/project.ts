import type {
  ClusterId,
  EipId,
  ExternalNetworkId,
  OrganizationId,
  ProjectId,
  SnatRuleId,
  SubnetId,
} from '../primitives/ids.ts';
import type { Labels } from '../primitives/labels.ts';
import type { Status } from '../primitives/status.ts';

/** A network of its own: a namespace, one VPC, a default subnet, a gateway EIP and its SNAT. */
export interface Project {
  readonly id: ProjectId;
  readonly organizationId: OrganizationId;
  readonly clusterId: ClusterId;
  readonly name: string;
  /** Decided once in the create's transaction, unique in its cluster. */
  readonly namespace: string;
  /** IPv4, canonical. */
  readonly cidr: string;
  readonly gatewayAddress: string;
  /** The word or id that the caller gave. */
  readonly egressNetwork: string;
  readonly networkId: ExternalNetworkId;
  readonly networkType: string;
  readonly gatewayEipId: EipId;
  readonly subnetId: SubnetId;
  readonly snatRuleId: SnatRuleId;
  readonly allowCidrOverlap: boolean;
  readonly labels: Labels;
  readonly revision: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly status: Status;
}
