/** Addresses and CIDRs as a caller sends them: answered unchanged, so they must be canonical . Pure. */
import { invalid, NetplaneError } from '../errors.ts';
import { type Ipv4Block, parseAddress, parseCidr } from './cidr.ts';

/** @throws NetplaneError `validation_failed` (not an address), `non_canonical`, `unsupported` (IPv6) */
export function assertCanonicalAddress(address: string, pointer: string): number {
  const parsed = parseAddress(address);
  switch (parsed.kind) {
    case 'ipv4':
      return parsed.value;
    case 'ipv6':
      throw new NetplaneError('unsupported', {
        detail: 'IPv6 addresses are not supported yet.',
        params: { family: 'ipv6' },
        errors: [{ pointer }],
      });
    case 'non-canonical':
      throw new NetplaneError('non_canonical', {
        detail: `Send ${parsed.canonical}.`,
        params: { canonical: parsed.canonical },
        errors: [{ pointer }],
      });
    case 'malformed':
      throw invalid(pointer, 'Not an IPv4 address such as 192.0.2.10.');
  }
}

/**
 * @throws NetplaneError `validation_failed` (not a CIDR), `non_canonical` (host bits set), `unsupported` (IPv6)
 */
export function assertCanonicalCidr(cidr: string, pointer: string): Ipv4Block {
  const parsed = parseCidr(cidr);
  switch (parsed.kind) {
    case 'ipv4':
      return parsed.block;
    case 'ipv6':
      throw new NetplaneError('unsupported', {
        detail: 'IPv6 networks are not supported yet.',
        params: { family: 'ipv6' },
        errors: [{ pointer }],
      });
    case 'non-canonical':
      throw new NetplaneError('non_canonical', {
        detail: `Host bits are set; send ${parsed.canonical}.`,
        params: { canonical: parsed.canonical },
        errors: [{ pointer }],
      });
    case 'malformed':
      throw invalid(pointer, 'Not a CIDR such as 10.0.0.0/22.');
  }
}
