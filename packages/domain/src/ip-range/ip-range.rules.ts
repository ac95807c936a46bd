/** Which addresses a range may hold and which of them stay out of the pool. Pure. */
import { NetplaneError } from '../errors.ts';
import { assertCanonicalAddress } from '../primitives/canonical.ts';
import {
  formatIpv4,
  knownAddress,
  knownBlock,
  type Span,
  spanContains,
  spanSize,
} from '../primitives/cidr.ts';
import type { Reservation } from './ip-range.ts';

/** A /12: 1,048,576 addresses. */
export const RANGE_ADDRESSES_MAX = 2 ** 20;
export const RESERVATIONS_MAX = 256;

/**
 * A range lies inside the network's usable addresses, in order, and is at most a /12.
 * @throws NetplaneError `validation_failed`, `non_canonical`, `unsupported`, `address_out_of_range`, `too_large`
 */
export function assertRange(network: { readonly cidr: string }, first: string, last: string): Span {
  const span = {
    first: assertCanonicalAddress(first, '/first'),
    last: assertCanonicalAddress(last, '/last'),
  };
  const block = knownBlock(network.cidr);
  const usable = { first: block.first + 1, last: block.last - 1 };
  if (span.first > span.last) {
    throw new NetplaneError('validation_failed', {
      detail: 'first must not be after last.',
      errors: [{ pointer: '/first' }],
    });
  }
  if (!spanContains(usable, span)) {
    throw outOfRange(
      '/first',
      `The range must lie between ${formatIpv4(usable.first)} and ${formatIpv4(usable.last)}.`,
      usable,
    );
  }
  if (spanSize(span) > RANGE_ADDRESSES_MAX) {
    throw new NetplaneError('too_large', {
      params: { addresses: spanSize(span), addresses_max: RANGE_ADDRESSES_MAX },
      errors: [{ pointer: '/last' }],
    });
  }
  return span;
}

/** @throws NetplaneError as `assertRange`, with the pointer of the reservation */
export function assertReservations(range: Span, reservations: readonly Reservation[]): void {
  for (const [index, reservation] of reservations.entries()) {
    const pointer = `/reservations/${index}`;
    const first = assertCanonicalAddress(reservation.first, `${pointer}/first`);
    const last = assertCanonicalAddress(reservation.last, `${pointer}/last`);
    if (first > last || !spanContains(range, { first, last })) {
      throw outOfRange(pointer, 'A reservation lies inside its range, first before last.', range);
    }
  }
}

export interface ReservedSpan extends Span {
  readonly reason: string;
}

/** What is never handed out of a range: its reservations and the network's gateway. */
export function decideReserved(
  gateway: string,
  range: Span,
  reservations: readonly Reservation[],
): readonly ReservedSpan[] {
  const address = knownAddress(gateway);
  const reserved = reservations.map(({ first, last, reason }) => ({
    first: knownAddress(first),
    last: knownAddress(last),
    reason,
  }));
  const holdsGateway = spanContains(range, { first: address, last: address });
  return holdsGateway ? [...reserved, { first: address, last: address, reason: 'gateway' }] : reserved;
}

function outOfRange(pointer: string, detail: string, span: Span): NetplaneError {
  return new NetplaneError('address_out_of_range', {
    detail,
    params: { first: formatIpv4(span.first), last: formatIpv4(span.last) },
    errors: [{ pointer }],
  });
}
