import { randomUUID } from 'node:crypto';

/** `eip-3f2a9c1d7b40`: a name that no other test has. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${randomUUID().replaceAll('-', '').slice(0, 12)}`;
}
