import { idPattern } from '@netplane/domain';
import { Type } from 'typebox';
import {
  type CreateBody,
  idOf,
  labelsRequest,
  nameField,
  onCreate,
  type PatchBody,
  resourceProperties,
} from '../plugins/resource/fields.ts';
import type { ResourceSchema } from '../plugins/resource/resource-schema.ts';

const networkWord = Type.String({
  pattern: `^(auto|cloud|public)$|${idPattern('external-network')}`,
  description: '`cloud`, `public`, or the id of an external network',
});

const fields = {
  organization_id: onCreate(idOf('organization', 'The tenant')),
  name: onCreate(nameField),
  cluster_id: onCreate(
    Type.Optional(
      Type.String({ pattern: `^auto$|${idPattern('cluster')}`, description: 'Omitted or `auto`: chosen' }),
    ),
  ),
  cidr: onCreate(
    Type.Optional(
      Type.String({
        maxLength: 64,
        description: 'IPv4, /16 to /28 inside the pool of project networks; omitted: chosen',
      }),
    ),
  ),
  egress_network: onCreate(Type.Optional(networkWord)),
  allow_cidr_overlap: onCreate(
    Type.Optional(
      Type.Boolean({ description: 'The CIDR may be in use elsewhere; platform administrators only' }),
    ),
  ),
  labels: labelsRequest,
};

const view = Type.Object(
  {
    ...resourceProperties('project'),
    organization_id: idOf('organization', 'The tenant'),
    cluster_id: idOf('cluster', 'Where it is provisioned'),
    name: nameField,
    namespace: Type.String({ description: 'Its Kubernetes namespace; read it, never build it' }),
    cidr: Type.String({ description: 'IPv4 CIDR of its default subnet' }),
    gateway_address: Type.String({ description: 'Router of its default subnet' }),
    egress_network: networkWord,
    network_id: idOf('external-network', 'The network that its outbound traffic leaves through'),
    network_type: Type.String({ description: 'cloud or public' }),
    gateway_eip_id: idOf('eip', 'The source address of its outbound traffic'),
    allow_cidr_overlap: Type.Boolean(),
  },
  {
    $id: 'Project',
    description: 'A network of its own: a namespace, one VPC, a default subnet, a gateway EIP, SNAT',
  },
);

export const projectSchema = {
  kind: 'project',
  hasName: true,
  summary: 'isolated networks of an organization',
  fields,
  view,
  filters: {
    organization_id: {
      schema: idOf('organization', 'Of this organization'),
      column: 'organization_id',
      idKind: 'organization',
    },
    cluster_id: { schema: idOf('cluster', 'On this cluster'), column: 'cluster_id', idKind: 'cluster' },
    network_id: {
      schema: idOf('external-network', 'Leaving through this network'),
      column: 'external_network_id',
      idKind: 'external-network',
    },
    namespace: { schema: Type.String({ maxLength: 63 }), column: 'namespace' },
  },
} as const satisfies ResourceSchema;

export type CreateProjectBody = CreateBody<typeof fields>;
export type PatchProjectBody = PatchBody<typeof fields>;
