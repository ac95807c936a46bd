/** When a range hands out addresses: the cluster was surveyed and leaves the range to us. Pure. */
import { formatSpan, type Span } from '@netplane/domain';
import { type Derived, isFalse, isTrue } from '../engine/conditions.ts';

export interface IpRangeFindings {
  readonly span: Span;
  readonly networkIsReady: boolean;
  readonly isExcluded: boolean;
  readonly isSurveyed: boolean;
  /** Addresses of the range that something else on the cluster holds. */
  readonly blocked: readonly { readonly address: string; readonly reason: string }[];
  readonly isDeleting: boolean;
}

/** As many holders are named; the count is of all. */
const NAMED_MAX = 50;

export function deriveIpRange(findings: IpRangeFindings): Derived {
  if (findings.isDeleting) return { conditions: [isFalse('Deleted', 'Deleting')], advisory: [] };
  return { conditions: [exclusion(findings), survey(findings)], advisory: [] };
}

function exclusion({ networkIsReady, isExcluded, span }: IpRangeFindings) {
  const type = 'Excluded';
  if (!networkIsReady) return isFalse(type, 'WaitingForNetwork');
  if (isExcluded) return isTrue(type, 'Ready');
  const line = formatSpan(span);
  return isFalse(type, 'NotExcluded', {
    message: `Add ${line} to excludeIps of the Subnet, or set manage_exclude_ips.`,
    params: { exclude_ips: line },
    waiting_on: 'caller',
  });
}

function survey({ isSurveyed, networkIsReady, blocked }: IpRangeFindings) {
  if (isSurveyed && blocked.length > 0) {
    return isTrue('Surveyed', 'Surveyed', {
      params: { blocked: String(blocked.length) },
      operator_detail: blocked
        .slice(0, NAMED_MAX)
        .map(({ address, reason }) => `${address} ${reason}`)
        .join(', '),
    });
  }
  if (isSurveyed) return isTrue('Surveyed', 'Surveyed');
  return isFalse('Surveyed', networkIsReady ? 'Pending' : 'WaitingForNetwork');
}
