import { clusterModes } from '@netplane/domain';
import { Type } from 'typebox';
import {
  type CreateBody,
  idOf,
  labelsRequest,
  nameField,
  nullable,
  onCreate,
  onUpdate,
  onUpdateOnly,
  type PatchBody,
  resourceProperties,
} from '../plugins/resource/fields.ts';
import type { ResourceSchema } from '../plugins/resource/resource-schema.ts';

const mode = Type.Union([Type.Literal(clusterModes[0]), Type.Literal(clusterModes[1])], {
  description: '`observe` plans and reports, `manage` writes',
});

const fields = {
  name: onCreate(nameField),
  mode: onUpdate(Type.Optional(mode), mode),
  kube_system_uid: onUpdateOnly(
    Type.String({
      maxLength: 64,
      description: 'Send `seen_kube_system_uid` to accept that the cluster is another one',
    }),
  ),
  held_disruptions: onUpdateOnly(
    Type.Literal(0, { description: 'Send 0 to confirm the changes that are held' }),
  ),
  labels: labelsRequest,
};

const capabilities = Type.Array(Type.String(), { description: 'What the cluster can do; an open list' });

const view = Type.Object(
  {
    ...resourceProperties('cluster'),
    name: nameField,
    mode,
    capabilities,
    kube_system_uid: nullable(Type.String({ description: 'Its identity, recorded at first contact' })),
    seen_kube_system_uid: nullable(
      Type.String({ description: 'The identity seen instead; work stops until accepted' }),
    ),
    project_cidr_pool: Type.String({ description: 'Where automatic project CIDRs come from' }),
    project_cidr_prefix: Type.Integer(),
    reserved_cidrs: Type.Array(
      Type.Object({ cidr: Type.String(), reserved_by: Type.String() }, { title: 'ReservedCidr' }),
    ),
    held_disruptions: Type.Integer({
      description: 'Changes that nobody asked for and that wait for a confirmation',
    }),
  },
  { $id: 'Cluster', description: 'A Kubernetes cluster that a worker serves' },
);

const memberView = Type.Object(
  { id: idOf('cluster', 'TypeID'), name: nameField, capabilities },
  { $id: 'ClusterSummary', description: 'What members see of a cluster' },
);

export const clusterSchema = {
  kind: 'cluster',
  hasName: true,
  summary: 'Kubernetes clusters',
  fields,
  view,
  memberView,
  filters: {},
} as const satisfies ResourceSchema;

export type CreateClusterBody = CreateBody<typeof fields>;
export type PatchClusterBody = PatchBody<typeof fields>;
