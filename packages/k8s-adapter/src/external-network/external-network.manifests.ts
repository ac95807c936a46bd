/**
 * The objects of an external network: a Vlan and a Subnet in the default VPC, or an existing Subnet adopted as it is.
 * The provider network is the cluster's (several networks may share one).
 */
import {
  type ExternalNetworkId,
  formatSpan,
  knownAddress,
  knownBlock,
  mergeSpans,
  type Span,
  spanContains,
} from '@netplane/domain';
import type { KubeObject } from '../client/kube-object.ts';
import { type DesiredObject, ensure, type Situation, type Slot } from '../engine/desired.ts';
import type { SubnetSpec, VlanSpec } from '../manifest/generated/kube-ovn.ts';
import { kubeTypes } from '../manifest/kube-types.ts';
import type { Owner } from '../manifest/labels.ts';
import { names } from '../manifest/naming.ts';
import { ownedObject } from '../manifest/owned-object.ts';

export const EXTERNAL_NETWORK_BUILDER_VERSION = 1;

/** Kube-OVN's default VPC: external networks belong to it. */
const DEFAULT_VPC = 'ovn-cluster';

export interface ExternalNetworkValues {
  readonly installation: string;
  readonly id: ExternalNetworkId;
  readonly name: string;
  readonly cidr: string;
  readonly gateway: string;
  readonly vlanId: number | null;
  readonly providerNetwork: string | null;
  readonly adoptSubnet: string | null;
  readonly isDeleting: boolean;
  readonly providerNetworkIsThere: boolean;
  /** Addresses that we hand out: Kube-OVN must not. */
  readonly ranges: readonly Span[];
}

export function externalNetworkOwner({
  installation,
  id,
}: Pick<ExternalNetworkValues, 'installation' | 'id'>): Owner {
  return { installation, kind: 'external-network', id, organizationId: null, projectId: null };
}

export function externalNetworkSlots(values: ExternalNetworkValues): readonly Slot[] {
  const cluster = { namespace: null, createOnce: false };
  const subnetName = values.adoptSubnet ?? values.name;
  return [
    ...(values.adoptSubnet === null
      ? [{ slot: 'vlan', type: kubeTypes.Vlan, baseName: names.vlan(values.id), ...cluster }]
      : []),
    { slot: 'subnet', type: kubeTypes.Subnet, baseName: subnetName, lookFirst: true, ...cluster },
  ];
}

export function buildExternalNetwork(
  values: ExternalNetworkValues,
  situation: Situation,
): readonly DesiredObject[] {
  if (values.isDeleting) return buildTeardown(situation);
  if (values.adoptSubnet !== null) return [adopted(situation)];
  return [
    ensure('vlan', vlan(values, situation), values.providerNetworkIsThere ? null : 'ProviderNetworkMissing'),
    ensure('subnet', subnet(values, situation), situation.seen.has('vlan') ? null : 'Creating'),
  ];
}

/** The Vlan stays until the Subnet is gone. An adopted Subnet is let go of as it is. */
function buildTeardown({ seen }: Situation): readonly DesiredObject[] {
  const object = seen.get('vlan');
  return seen.has('subnet') && object !== undefined
    ? [{ slot: 'vlan', object, presence: 'keep', hold: null }]
    : [];
}

function adopted(situation: Situation): DesiredObject {
  const { apiVersion, kind } = kubeTypes.Subnet;
  const object = { apiVersion, kind, metadata: { name: situation.nameOf('subnet') } };
  return { slot: 'subnet', object, presence: 'adopt', hold: 'AdoptedSubnetMissing' };
}

function vlan(values: ExternalNetworkValues, situation: Situation): KubeObject {
  const spec: VlanSpec = { id: values.vlanId ?? 0, provider: values.providerNetwork ?? '' };
  return ownedObject(kubeTypes.Vlan, externalNetworkOwner(values), situation.nameOf('vlan'), spec);
}

function subnet(values: ExternalNetworkValues, situation: Situation): KubeObject {
  const spec: SubnetSpec = {
    vpc: DEFAULT_VPC,
    protocol: 'IPv4',
    provider: 'ovn',
    cidrBlock: values.cidr,
    gateway: values.gateway,
    vlan: situation.nameOf('vlan'),
    excludeIps: excludedAddresses(values.gateway, values.ranges),
    natOutgoing: false,
    private: false,
    gatewayType: 'distributed',
  };
  return ownedObject(kubeTypes.Subnet, externalNetworkOwner(values), situation.nameOf('subnet'), spec);
}

/** In the form that the controller normalises to: no overlaps, the gateway inside, sorted as text. */
export function excludedAddresses(gateway: string, ranges: readonly Span[]): string[] {
  const address = knownAddress(gateway);
  const spans = mergeSpans(ranges);
  const isInside = spans.some((span) => spanContains(span, { first: address, last: address }));
  const texts = spans.map(formatSpan);
  return [...texts, ...(isInside ? [] : [gateway])].sort();
}

/** Whether an existing Subnet is the network that was described. */
export function adoptedSubnetDiffers(values: ExternalNetworkValues, seen: KubeObject): boolean {
  const spec = (seen.spec ?? {}) as SubnetSpec; // typed by its CRD
  return spec.cidrBlock !== knownBlock(values.cidr).text || spec.gateway !== values.gateway;
}
