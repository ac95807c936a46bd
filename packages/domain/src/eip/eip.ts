import type { Family, NetworkType } from '../external-network/external-network.ts';
import type { Kind } from '../kinds.ts';
import type { ClusterId, EipId, ExternalNetworkId, OrganizationId, ProjectId } from '../primitives/ids.ts';
import type { Labels } from '../primitives/labels.ts';
import type { Status } from '../primitives/status.ts';

/** A project's own address for outbound traffic is its gateway EIP; all others are general. */
export const eipPurposes = ['gateway', 'general'] as const;
export type EipPurpose = (typeof eipPurposes)[number];

/** Name of every project's gateway EIP; no other EIP of a project may take it. */
export const GATEWAY_EIP_NAME = 'default-gw';

export interface Attachment {
  readonly kind: Kind;
  readonly id: string;
  readonly name: string;
}

export interface ManagedBy {
  readonly kind: 'project';
  readonly id: string;
}

/** One external address held by a project. */
export interface Eip {
  readonly id: EipId;
  readonly organizationId: OrganizationId;
  readonly projectId: ProjectId;
  readonly clusterId: ClusterId;
  readonly name: string;
  /** The word or id that the caller gave. */
  readonly network: string;
  readonly networkId: ExternalNetworkId;
  readonly networkType: NetworkType;
  readonly family: Family;
  readonly address: string;
  readonly purpose: EipPurpose;
  readonly attachedTo: readonly Attachment[];
  readonly managedBy: ManagedBy | null;
  /** When the cluster first confirmed it. */
  readonly provisionedAt: string | null;
  readonly labels: Labels;
  readonly revision: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly status: Status;
}
