/** What an external network may be. Pure. */
import { invalid } from '../errors.ts';
import { assertCanonicalAddress } from '../primitives/canonical.ts';
import { formatIpv4, type Ipv4Block } from '../primitives/cidr.ts';
import { type ExternalNetworkId, parseId } from '../primitives/ids.ts';

const PREFIX_MIN = 8;
const PREFIX_MAX = 30;

/**
 * The gateway must be a usable address of the network.
 * @throws NetplaneError `validation_failed`, `non_canonical`, `unsupported`
 */
export function assertNetworkGateway(block: Ipv4Block, gateway: string): number {
  if (block.prefix < PREFIX_MIN || block.prefix > PREFIX_MAX) {
    throw invalid('/cidr', `An external network is a /${PREFIX_MIN} to /${PREFIX_MAX}.`);
  }
  const value = assertCanonicalAddress(gateway, '/gateway');
  if (value <= block.first || value >= block.last) {
    throw invalid('/gateway', `The gateway must be a usable address of ${block.text}.`, {
      first: formatIpv4(block.first + 1),
      last: formatIpv4(block.last - 1),
    });
  }
  return value;
}

/**
 * Either the network is made on a provider network with a VLAN, or an existing Subnet is adopted.
 * @throws NetplaneError `validation_failed`
 */
export function assertNetworkOrigin(input: {
  readonly providerNetwork: string | null;
  readonly adoptSubnet: string | null;
  readonly vlanId: number | null;
}): void {
  if ((input.providerNetwork === null) === (input.adoptSubnet === null)) {
    throw invalid('/provider_network', 'Give either provider_network or adopt_subnet.');
  }
  if (input.providerNetwork !== null && input.vlanId === null) {
    throw invalid('/vlan_id', 'A network on a provider network needs its vlan_id (0 is untagged).');
  }
}

/** The word that a caller used for a network, and the network where the word is an id. */
export interface NetworkChoice {
  readonly word: string;
  readonly id: ExternalNetworkId | null;
}

/** `cloud`, `public` or an id; `undefined` for an omission or `auto`: then Netplane chooses. */
export function decideNetworkChoice(sent: string | undefined): NetworkChoice | undefined {
  if (sent === undefined || sent === 'auto') return undefined;
  return { word: sent, id: parseId('external-network', sent) ?? null };
}

/**
 * An address that was asked for; `null` for an omission or `auto`.
 * @throws NetplaneError as `assertCanonicalAddress`
 */
export function decideWantedAddress(sent: string | undefined, pointer: string): string | null {
  if (sent === undefined || sent === 'auto') return null;
  assertCanonicalAddress(sent, pointer);
  return sent;
}
