import { roles } from '@netplane/domain';
import { Type } from 'typebox';
import {
  type CreateBody,
  idOf,
  labelsRequest,
  nullable,
  onCreate,
  onUpdate,
  type PatchBody,
  resourceProperties,
} from '../plugins/resource/fields.ts';
import type { ResourceSchema } from '../plugins/resource/resource-schema.ts';

const HOLDER_LENGTH_MAX = 255;

const role = Type.Union([Type.Literal(roles[0]), Type.Literal(roles[1]), Type.Literal(roles[2])]);
const subject = nullable(
  Type.String({ minLength: 1, maxLength: HOLDER_LENGTH_MAX, description: 'The `sub` claim of one holder' }),
);
const group = nullable(
  Type.String({ minLength: 1, maxLength: HOLDER_LENGTH_MAX, description: 'An entry of the `groups` claim' }),
);

const fields = {
  organization_id: onCreate(idOf('organization', 'The tenant')),
  issuer_id: onCreate(idOf('issuer', 'Whose tokens are meant')),
  subject: onCreate(Type.Optional(subject)),
  group: onCreate(Type.Optional(group)),
  role: onUpdate(role),
  labels: labelsRequest,
};

const view = Type.Object(
  {
    ...resourceProperties('role-binding'),
    organization_id: idOf('organization', 'The tenant'),
    issuer_id: idOf('issuer', 'Whose tokens are meant'),
    subject,
    group,
    role,
  },
  { $id: 'RoleBinding', description: 'A role of an organization for a subject or a group of an issuer' },
);

export const roleBindingSchema = {
  kind: 'role-binding',
  hasName: false,
  summary: 'who has which role in an organization',
  fields,
  view,
  filters: {
    organization_id: {
      schema: idOf('organization', 'Of this organization'),
      column: 'organization_id',
      idKind: 'organization',
    },
    issuer_id: { schema: idOf('issuer', 'Of this issuer'), column: 'issuer_id', idKind: 'issuer' },
    subject: { schema: Type.String({ maxLength: HOLDER_LENGTH_MAX }), column: 'subject' },
    role: { schema: Type.String({ enum: [...roles] }), column: 'role' },
  },
} as const satisfies ResourceSchema;

export type CreateRoleBindingBody = CreateBody<typeof fields>;
export type PatchRoleBindingBody = PatchBody<typeof fields>;
