import type { ClusterId, ExternalNetworkId, IpRangeId } from '../primitives/ids.ts';
import type { Labels } from '../primitives/labels.ts';
import type { Status } from '../primitives/status.ts';

export interface Reservation {
  readonly first: string;
  readonly last: string;
  readonly reason: string;
}

/** Addresses of an external network that Netplane hands out; all ranges of a network are its pool. */
export interface IpRange {
  readonly id: IpRangeId;
  readonly externalNetworkId: ExternalNetworkId;
  readonly clusterId: ClusterId;
  readonly first: string;
  readonly last: string;
  readonly reservations: readonly Reservation[];
  /** Whether the worker may add the range to an adopted Subnet's `excludeIps`. */
  readonly manageExcludeIps: boolean;
  readonly labels: Labels;
  readonly revision: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly status: Status;
}
