import { families, networkTypes } from '@netplane/domain';
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

const resource = Type.Union(
  [Type.Literal('projects'), Type.Literal('eips'), Type.Literal('project_addresses')],
  { description: 'What is counted; project_addresses counts the addresses of project CIDRs' },
);
const networkType = nullable(
  Type.Union([Type.Literal(networkTypes[0]), Type.Literal(networkTypes[1])], { description: 'Of eips only' }),
);
const family = nullable(
  Type.Union([Type.Literal(families[0]), Type.Literal(families[1])], {
    description: 'Of eips only; ipv4 when omitted',
  }),
);
const limit = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

const fields = {
  organization_id: onCreate(idOf('organization', 'The tenant')),
  project_id: onCreate(
    Type.Optional(nullable(idOf('project', 'A limit of this project inside that of its organization'))),
  ),
  resource: onCreate(resource),
  network_type: onCreate(Type.Optional(networkType)),
  family: onCreate(Type.Optional(family)),
  limit: onUpdate(limit),
  labels: labelsRequest,
};

const view = Type.Object(
  {
    ...resourceProperties('quota'),
    organization_id: idOf('organization', 'The tenant'),
    project_id: nullable(idOf('project', 'null: the whole organization')),
    resource,
    network_type: networkType,
    family,
    limit,
    used: Type.Integer({ description: 'What is taken of it' }),
  },
  {
    $id: 'Quota',
    description: 'A limit of an organization or of one of its projects, and what is taken of it',
  },
);

export const quotaSchema = {
  kind: 'quota',
  hasName: false,
  summary: 'limits of organizations and projects',
  fields,
  view,
  filters: {
    organization_id: {
      schema: idOf('organization', 'Of this organization'),
      column: 'organization_id',
      idKind: 'organization',
    },
    project_id: { schema: idOf('project', 'Of this project'), column: 'project_id', idKind: 'project' },
    resource: { schema: resource, column: 'resource' },
    network_type: { schema: Type.String({ enum: [...networkTypes] }), column: 'network_type' },
  },
} as const satisfies ResourceSchema;

export type CreateQuotaBody = CreateBody<typeof fields>;
export type PatchQuotaBody = PatchBody<typeof fields>;
