import type { OrganizationId } from '../primitives/ids.ts';
import type { Labels } from '../primitives/labels.ts';

/** The tenant: owns projects, quotas, members. Its name is a slug, unique, and begins the namespaces of its projects. */
export interface Organization {
  readonly id: OrganizationId;
  readonly name: string;
  readonly displayName: string | null;
  readonly labels: Labels;
  readonly revision: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}
