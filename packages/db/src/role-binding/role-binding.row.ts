import type { IssuerId, Labels, OrganizationId, Role, RoleBinding, RoleBindingId } from '@netplane/domain';
import { rfc3339 } from '../client/pool.ts';

export interface RoleBindingRow {
  readonly id: RoleBindingId;
  readonly organization_id: OrganizationId;
  readonly issuer_id: IssuerId;
  readonly subject: string | null;
  readonly group: string | null;
  readonly role: Role;
  readonly labels: Labels;
  readonly revision: number;
  readonly created_at: string;
  readonly updated_at: string;
}

export function roleBindingFromRow(row: RoleBindingRow): RoleBinding {
  return {
    id: row.id,
    organizationId: row.organization_id,
    issuerId: row.issuer_id,
    subject: row.subject,
    group: row.group,
    role: row.role,
    labels: row.labels,
    revision: row.revision,
    createdAt: rfc3339(row.created_at),
    updatedAt: rfc3339(row.updated_at),
  };
}
