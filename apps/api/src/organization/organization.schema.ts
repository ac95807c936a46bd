import { organizationNamePattern } from '@netplane/domain';
import { Type } from 'typebox';
import {
  type CreateBody,
  labelsRequest,
  nullable,
  onCreate,
  onUpdate,
  type PatchBody,
  resourceProperties,
} from '../plugins/resource/fields.ts';
import type { ResourceSchema } from '../plugins/resource/resource-schema.ts';

const name = Type.String({
  pattern: organizationNamePattern,
  maxLength: 32,
  description: 'Slug, unique; begins the namespaces of its projects',
});
const displayName = nullable(Type.String({ minLength: 1, maxLength: 128 }));

const fields = {
  name: onCreate(name),
  display_name: onUpdate(Type.Optional(displayName), displayName),
  labels: labelsRequest,
};

const view = Type.Object(
  { ...resourceProperties('organization'), name, display_name: displayName },
  { $id: 'Organization', description: 'The tenant: owns projects, quotas, members' },
);

export const organizationSchema = {
  kind: 'organization',
  hasName: true,
  summary: 'tenants',
  fields,
  view,
  filters: {},
} as const satisfies ResourceSchema;

export type CreateOrganizationBody = CreateBody<typeof fields>;
export type PatchOrganizationBody = PatchBody<typeof fields>;
