import { addressStates, namePattern, objectNamePattern, providerNetworkPattern } from '@netplane/domain';
import { Type } from 'typebox';
import {
  type CreateBody,
  idOf,
  labelsRequest,
  nullable,
  onCreate,
  type PatchBody,
  resourceProperties,
} from '../plugins/resource/fields.ts';
import type { ResourceSchema } from '../plugins/resource/resource-schema.ts';

const VLAN_ID_MAX = 4094;

const name = Type.String({
  pattern: namePattern,
  maxLength: 63,
  description: 'Unique in its cluster; also the name of its Subnet',
});
const type = Type.Union([Type.Literal('cloud'), Type.Literal('public')], {
  description: '`cloud` is routable inside the provider, `public` in the internet',
});
const vlanId = Type.Integer({ minimum: 0, maximum: VLAN_ID_MAX, description: '0 is untagged' });
const providerNetwork = Type.String({
  pattern: providerNetworkPattern,
  maxLength: 12,
  description: 'Kube-OVN ProviderNetwork; made where it does not exist',
});
const adoptSubnet = Type.String({
  pattern: objectNamePattern,
  maxLength: 253,
  description: 'An existing Kube-OVN Subnet, used as it is',
});

const fields = {
  cluster_id: onCreate(idOf('cluster', 'Whose network it is')),
  name: onCreate(name),
  type: onCreate(type),
  cidr: onCreate(Type.String({ maxLength: 64, description: 'IPv4, canonical, /8 to /30' })),
  gateway: onCreate(Type.String({ maxLength: 64, description: 'The physical router on the VLAN' })),
  vlan_id: onCreate(Type.Optional(nullable(vlanId))),
  provider_network: onCreate(Type.Optional(nullable(providerNetwork))),
  adopt_subnet: onCreate(Type.Optional(nullable(adoptSubnet))),
  labels: labelsRequest,
};

const counts = Object.fromEntries(addressStates.map((state) => [state, Type.Integer()]));

const view = Type.Object(
  {
    ...resourceProperties('external-network'),
    cluster_id: idOf('cluster', 'Whose network it is'),
    name,
    type,
    family: Type.String({ description: 'ipv4' }),
    cidr: Type.String(),
    gateway: Type.String(),
    vlan_id: nullable(vlanId),
    provider_network: nullable(providerNetwork),
    adopt_subnet: nullable(adoptSubnet),
    has_free: Type.Boolean({ description: 'Whether an address can be had' }),
    addresses: Type.Object(counts, {
      title: 'AddressCounts',
      description: 'Addresses of its ranges by state',
    }),
  },
  { $id: 'ExternalNetwork', description: 'An underlay network of a cluster' },
);

const memberView = Type.Object(
  {
    id: idOf('external-network', 'TypeID'),
    name,
    type,
    family: Type.String({ description: 'ipv4' }),
    cluster_id: idOf('cluster', 'Whose network it is'),
    has_free: Type.Boolean({ description: 'Whether an address can be had' }),
  },
  { $id: 'ExternalNetworkSummary', description: 'What members see of an external network' },
);

export const externalNetworkSchema = {
  kind: 'external-network',
  hasName: true,
  summary: 'networks that external addresses come from',
  fields,
  view,
  memberView,
  filters: {
    cluster_id: { schema: idOf('cluster', 'Of this cluster'), column: 'cluster_id', idKind: 'cluster' },
    type: { schema: Type.String({ enum: ['cloud', 'public'] }), column: 'type' },
  },
} as const satisfies ResourceSchema;

export type CreateExternalNetworkBody = CreateBody<typeof fields>;
export type PatchExternalNetworkBody = PatchBody<typeof fields>;
