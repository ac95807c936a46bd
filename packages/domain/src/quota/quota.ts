import type { Family, NetworkType } from '../external-network/external-network.ts';
import type { OrganizationId, ProjectId, QuotaId } from '../primitives/ids.ts';
import type { Labels } from '../primitives/labels.ts';

/**
 * What is counted: projects of an organization, EIPs by network type and family, and the addresses of project
 * CIDRs (a /22 counts 1,024).
 */
export const quotaResources = ['projects', 'eips', 'project_addresses'] as const;
export type QuotaResource = (typeof quotaResources)[number];

/** A limit of an organization, or of one project inside it. An organization without a row has limit 0. */
export interface Quota {
  readonly id: QuotaId;
  readonly organizationId: OrganizationId;
  readonly projectId: ProjectId | null;
  readonly resource: QuotaResource;
  readonly networkType: NetworkType | null;
  readonly family: Family | null;
  readonly limit: number;
  readonly used: number;
  readonly labels: Labels;
  readonly revision: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}
