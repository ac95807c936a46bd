import type { ClusterId, ExternalNetworkId } from '../primitives/ids.ts';
import type { Labels } from '../primitives/labels.ts';
import type { Status } from '../primitives/status.ts';

/** `cloud` is routable inside the provider, `public` in the internet. */
export const networkTypes = ['cloud', 'public'] as const;
export type NetworkType = (typeof networkTypes)[number];

export const families = ['ipv4', 'ipv6'] as const;
export type Family = (typeof families)[number];

export const addressStates = [
  'free',
  'reserved',
  'allocated',
  'releasing',
  'quarantined',
  'blocked',
  'router_port',
] as const;
export type AddressState = (typeof addressStates)[number];

/** An underlay network of a cluster: Kube-OVN ProviderNetwork + Vlan + Subnet, or an existing Subnet adopted. */
export interface ExternalNetwork {
  readonly id: ExternalNetworkId;
  readonly clusterId: ClusterId;
  readonly name: string;
  readonly type: NetworkType;
  readonly family: Family;
  readonly cidr: string;
  /** The physical router on the VLAN. */
  readonly gateway: string;
  /** 0 is untagged; `null` where an adopted Subnet brings its own. */
  readonly vlanId: number | null;
  readonly providerNetwork: string | null;
  readonly adoptSubnet: string | null;
  readonly labels: Labels;
  readonly revision: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly status: Status;
}

/** Addresses of a network's ranges by state. */
export type AddressCounts = Readonly<Record<AddressState, number>>;
