/** When a range hands out addresses: the cluster was surveyed and leaves the range to us. Pure. */
import { formatSpan, type Span } from '@netplane/domain';
import { type Derived, isFalse, isTrue } from '../engine/conditions.ts';

export interface IpRangeFindings {
  readonly span: Span;
  readonly networkIsReady: boolean;
  readonly isExcluded: boolean;
  readonly isSurveyed: boolean;
  readonly isDeleting: boolean;
}

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

function survey({ isSurveyed, networkIsReady }: IpRangeFindings) {
  if (isSurveyed) return isTrue('Surveyed', 'Surveyed');
  return isFalse('Surveyed', networkIsReady ? 'Pending' : 'WaitingForNetwork');
}
