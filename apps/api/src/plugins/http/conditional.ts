/** ETags (RFC 9110): `"<revision>-<status.revision>"`. */
import { NetplaneError } from '@netplane/domain';

export interface Revisions {
  readonly revision: number;
  readonly statusRevision: number;
}

export function entityTag({ revision, statusRevision }: Revisions): string {
  return `"${revision}-${statusRevision}"`;
}

/**
 * If-Match compares the part before the dash, so that a status report fails nobody's update.
 * @returns the revision that must still be there, `null` without a condition
 * @throws NetplaneError `invalid_request` for what is no tag, `precondition_failed` for tags that can match nothing
 */
export function expectedRevision(header: string | undefined): number | null {
  if (header === undefined || header.trim() === '*') return null;
  const tags = header.split(',').map((tag) => tag.trim());
  const [first = ''] = tags;
  if (tags.length > 1) {
    throw new NetplaneError('invalid_request', { detail: 'If-Match takes one entity tag.' });
  }
  if (first.startsWith('W/')) throw new NetplaneError('precondition_failed'); // weak tags never match strongly
  const match = /^"(\d{1,15})(?:-\d{1,15})?"$/.exec(first);
  if (match === null) {
    throw new NetplaneError('invalid_request', { detail: 'If-Match must be an entity tag such as "3-7".' });
  }
  return Number(match[1]);
}

/** Whether If-None-Match names this representation: then the answer is 304. */
export function isUnchanged(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  const tags = header.split(',').map((candidate) => candidate.trim().replace(/^W\//, ''));
  return tags.includes(tag) || tags.includes('*');
}
