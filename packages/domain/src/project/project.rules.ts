/** What a project may be called on a cluster and which addresses it may have. Pure. */
import type { ReservedCidr } from '../cluster/cluster.ts';
import { NetplaneError } from '../errors.ts';
import { assertCanonicalCidr } from '../primitives/canonical.ts';
import {
  formatIpv4,
  type Ipv4Block,
  knownBlock,
  parseCidr,
  spanContains,
  spansOverlap,
} from '../primitives/cidr.ts';

const NAMESPACE_MAX = 63;
const HASH_LENGTH = 8;

/**
 * Namespaces to try, in order of preference: `<org>-<project>`, and where that is too long, reserved or taken
 * `<first 54>-<8 of the id's hash>`.
 * @param idHash lower-case hexadecimal hash of the project's id, at least 8 characters
 */
export function decideNamespaces(
  organizationName: string,
  projectName: string,
  idHash: string,
): readonly string[] {
  const plain = `${organizationName}-${projectName}`;
  const room = NAMESPACE_MAX - HASH_LENGTH - 1;
  const hashed = `${plain.slice(0, room).replace(/-+$/, '')}-${idHash.slice(0, HASH_LENGTH)}`;
  return plain.length > NAMESPACE_MAX || namespaceIsReserved(plain) ? [hashed] : [plain, hashed];
}

export function namespaceIsReserved(name: string): boolean {
  return (
    name === 'default' ||
    name.startsWith('kube-') ||
    name.startsWith('openshift-') ||
    name.endsWith('-system')
  );
}

export const PROJECT_PREFIX_MIN = 16;
export const PROJECT_PREFIX_MAX = 28;

/**
 * A chosen CIDR as a block: canonical IPv4, /16 to /28, inside the pool, outside every reserved range.
 * @throws NetplaneError `validation_failed`, `non_canonical`, `unsupported`, `cidr_out_of_pool`, `cidr_reserved`
 */
export function assertProjectCidr(cidr: string, pool: string, reserved: readonly ReservedCidr[]): Ipv4Block {
  const block = assertCanonicalCidr(cidr, '/cidr');
  const { prefix } = block;
  if (prefix < PROJECT_PREFIX_MIN || prefix > PROJECT_PREFIX_MAX || !spanContains(knownBlock(pool), block)) {
    throw new NetplaneError('cidr_out_of_pool', {
      detail: `A project's CIDR is a /${PROJECT_PREFIX_MIN} to /${PROJECT_PREFIX_MAX} inside ${pool}.`,
      params: { cidr, pool, prefix_min: PROJECT_PREFIX_MIN, prefix_max: PROJECT_PREFIX_MAX },
      errors: [{ pointer: '/cidr' }],
    });
  }
  const by = reserved.find((range) => reservedRangeOverlaps(range, block));
  if (by !== undefined) {
    throw new NetplaneError('cidr_reserved', {
      detail: `${cidr} overlaps ${by.cidr}, reserved by: ${by.reservedBy}. Choose another CIDR or omit it.`,
      params: { cidr, reserved: by.cidr, reserved_by: by.reservedBy },
      errors: [{ pointer: '/cidr' }],
    });
  }
  return block;
}

/** The first usable address of the CIDR: the router port of the project's default subnet. */
export function decideGatewayAddress(block: Ipv4Block): string {
  return formatIpv4(block.first + 1);
}

/** IPv6 ranges never overlap a project's IPv4. */
function reservedRangeOverlaps(range: ReservedCidr, block: Ipv4Block): boolean {
  const parsed = parseCidr(range.cidr);
  return parsed.kind === 'ipv4' && spansOverlap(parsed.block, block);
}
