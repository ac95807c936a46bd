import type { ChaosCase, Fault, Planning } from '../fault.ts';

interface FixedFault extends Pick<Fault, 'name' | 'against'> {
  /** All of its cases, or those of the short run. */
  readonly list: (planning: Pick<Planning, 'isLong' | 'against'>) => readonly ChaosCase[];
}

/** A fault whose cases are written down rather than recorded. A case of the long run may be repeated alone. */
export function fixedFault({ name, against, list }: FixedFault): Fault {
  return {
    name,
    against,
    cases: async (planning) => list(planning),
    caseOf: (id, planning) =>
      [...list(planning), ...list({ ...planning, isLong: true })].find((each) => each.id === id),
  };
}
