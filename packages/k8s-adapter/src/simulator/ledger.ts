import type { RequestInfo, Verb } from './faults.ts';

export interface LedgerView {
  /** Requests by `<verb> <Kind>`, e.g. `{ "apply Vpc": 3 }`. */
  readonly counts: Readonly<Record<string, number>>;
  readonly total: number;
  /** Most requests within one second of the clock. */
  readonly peakPerSecond: number;
}

/** Counts requests, so that a test can say how many it took. Controllers' writes do not count. */
export interface Ledger {
  record(request: RequestInfo): void;
  view(): LedgerView;
  /** Requests with this verb and kind. */
  count(verb: Verb, kind: string): number;
  reset(): void;
}

export function createLedger(clock: () => Date): Ledger {
  let counts = new Map<string, number>();
  let second = 0;
  let inSecond = 0;
  let peakPerSecond = 0;
  return {
    record: ({ verb, kind }) => {
      const entry = `${verb} ${kind.kind}`;
      counts.set(entry, (counts.get(entry) ?? 0) + 1);
      const now = Math.floor(clock().getTime() / 1000);
      inSecond = now === second ? inSecond + 1 : 1;
      second = now;
      peakPerSecond = Math.max(peakPerSecond, inSecond);
    },
    view: () => {
      const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
      return { counts: Object.fromEntries([...counts].sort()), total, peakPerSecond };
    },
    count: (verb, kind) => counts.get(`${verb} ${kind}`) ?? 0,
    reset: () => {
      counts = new Map();
      inSecond = 0;
      peakPerSecond = 0;
    },
  };
}
