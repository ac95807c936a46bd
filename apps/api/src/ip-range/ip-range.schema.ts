import { RESERVATIONS_MAX } from '@netplane/domain';
import { Type } from 'typebox';
import {
  type CreateBody,
  idOf,
  labelsRequest,
  onCreate,
  onUpdate,
  type PatchBody,
  resourceProperties,
} from '../plugins/resource/fields.ts';
import type { ResourceSchema } from '../plugins/resource/resource-schema.ts';

const address = Type.String({ maxLength: 64, description: 'IPv4 address' });

const reservation = Type.Object(
  { first: address, last: address, reason: Type.String({ minLength: 1, maxLength: 256 }) },
  { additionalProperties: false },
);

const manageExcludeIps = Type.Boolean({
  description: "Whether the worker may add the range to an adopted Subnet's excludeIps",
});

const fields = {
  external_network_id: onCreate(idOf('external-network', 'Whose addresses they are')),
  first: onCreate(address),
  last: onCreate(address),
  reservations: onCreate(
    Type.Optional(Type.Array(reservation, { maxItems: RESERVATIONS_MAX, description: 'Never handed out' })),
  ),
  manage_exclude_ips: onUpdate(Type.Optional(manageExcludeIps), manageExcludeIps),
  labels: labelsRequest,
};

const view = Type.Object(
  {
    ...resourceProperties('ip-range'),
    external_network_id: idOf('external-network', 'Whose addresses they are'),
    cluster_id: idOf('cluster', 'Whose network it is'),
    family: Type.String({ description: 'ipv4' }),
    first: address,
    last: address,
    size: Type.Integer({ description: 'Addresses from first to last' }),
    reservations: Type.Array(
      Type.Object({ first: address, last: address, reason: Type.String() }, { title: 'Reservation' }),
    ),
    manage_exclude_ips: manageExcludeIps,
  },
  { $id: 'IpRange', description: 'Addresses of an external network that are handed out' },
);

export const ipRangeSchema = {
  kind: 'ip-range',
  hasName: false,
  summary: 'ranges of addresses to hand out',
  fields,
  view,
  filters: {
    external_network_id: {
      schema: idOf('external-network', 'Of this network'),
      column: 'external_network_id',
      idKind: 'external-network',
    },
    cluster_id: { schema: idOf('cluster', 'Of this cluster'), column: 'cluster_id', idKind: 'cluster' },
  },
} as const satisfies ResourceSchema;

export type CreateIpRangeBody = CreateBody<typeof fields>;
export type PatchIpRangeBody = PatchBody<typeof fields>;
