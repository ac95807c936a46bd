import { idPattern } from '@netplane/domain';
import { Type } from 'typebox';
import {
  type CreateBody,
  idOf,
  labelsRequest,
  nameField,
  nullable,
  onCreate,
  onUpdate,
  type PatchBody,
  resourceProperties,
  timestamp,
} from '../plugins/resource/fields.ts';
import type { ResourceSchema } from '../plugins/resource/resource-schema.ts';

const networkWord = Type.String({
  pattern: `^(auto|cloud|public)$|${idPattern('external-network')}`,
  description: '`cloud`, `public`, or the id of an external network',
});

const fields = {
  project_id: onCreate(idOf('project', 'The project that holds the address')),
  name: onUpdate(nameField),
  network: onCreate(Type.Optional(networkWord)),
  address: onCreate(
    Type.Optional(
      Type.String({ maxLength: 64, description: 'A free address of the network; omitted: chosen' }),
    ),
  ),
  labels: labelsRequest,
};

const attachment = Type.Object(
  { kind: Type.String(), id: Type.String(), name: Type.String() },
  { title: 'Attachment' },
);

const view = Type.Object(
  {
    ...resourceProperties('eip'),
    organization_id: idOf('organization', 'The tenant'),
    project_id: idOf('project', 'The project that holds the address'),
    name: nameField,
    network: networkWord,
    network_id: idOf('external-network', 'The network that the address is from'),
    network_type: Type.String({ description: 'cloud or public' }),
    family: Type.String({ description: 'ipv4' }),
    address: Type.String({ description: 'The external address' }),
    purpose: Type.String({ description: '`gateway`: the source of a project; `general`: any other' }),
    attached_to: Type.Array(attachment, { description: 'What refers to the address' }),
    managed_by: nullable(Type.Object({ kind: Type.String(), id: Type.String() }, { title: 'ManagedBy' })),
    provisioned_at: nullable(timestamp),
  },
  { $id: 'Eip', description: 'One external address held by a project' },
);

export const eipSchema = {
  kind: 'eip',
  hasName: true,
  summary: 'external addresses of projects',
  fields,
  view,
  filters: {
    organization_id: {
      schema: idOf('organization', 'Of this organization'),
      column: 'organization_id',
      idKind: 'organization',
    },
    project_id: { schema: idOf('project', 'Of this project'), column: 'project_id', idKind: 'project' },
    network_id: {
      schema: idOf('external-network', 'Of this network'),
      column: 'external_network_id',
      idKind: 'external-network',
    },
    address: { schema: Type.String({ maxLength: 64 }), column: 'address' },
    purpose: { schema: Type.String({ enum: ['gateway', 'general'] }), column: 'purpose' },
  },
} as const satisfies ResourceSchema;

export type CreateEipBody = CreateBody<typeof fields>;
export type PatchEipBody = PatchBody<typeof fields>;
