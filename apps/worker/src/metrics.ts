/** Prometheus metrics of the worker. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { leakKinds } from './doctor/difference.ts';

export interface WorkerMetrics {
  readonly registry: Registry;
  observePass(kind: string, result: string, seconds: number): void;
  setQueue(depth: {
    readonly total: number;
    readonly claimed: number;
    readonly oldest_seconds: number;
  }): void;
  /** Differences by invariant; every known invariant is shown, zero included. */
  setDifferences(differences: readonly { readonly invariant: string; readonly n: number }[]): void;
  /** Leaks by kind; every kind is shown, zero included. One worker looks, the others show zero. */
  setLeaks(leaks: readonly { readonly kind: string }[]): void;
  countWatchRestart(kind: string): void;
  /** All EIPs were compared with one list. */
  observeComparison(comparison: { readonly seconds: number; readonly enqueued: number }): void;
}

const SECONDS_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15];
const invariants = [
  ...['quota_usage', 'address_of_eip', 'holder_of_address', 'open_interval_of_eip', 'eip_of_open_interval'],
  'interval_gap',
];

export function createMetrics(): WorkerMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const passes = new Histogram({
    name: 'netplane_worker_pass_seconds',
    help: 'Time of one pass over a resource',
    labelNames: ['kind', 'result'],
    buckets: SECONDS_BUCKETS,
    registers,
  });
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name, help, labelNames, registers });
  const total = gauge('netplane_work_items', 'Work items of the cluster');
  const claimed = gauge('netplane_work_items_claimed', 'Work items under a lease');
  const oldest = gauge('netplane_work_oldest_seconds', 'How long the oldest due item has waited');
  const differences = gauge(
    'netplane_invariant_differences',
    'What counters, addresses and intervals say against the rows that they count; always 0',
    ['invariant'],
  );
  const leaks = gauge(
    'netplane_leaks',
    'What database and cluster have without a partner, shown by the worker that looks; always 0',
    ['kind'],
  );
  function setLeaks(found: readonly { readonly kind: string }[]): void {
    for (const kind of Object.keys(leakKinds)) {
      leaks.set({ kind }, found.filter((each) => each.kind === kind).length);
    }
  }
  setLeaks([]);
  const restarts = new Counter({
    name: 'netplane_watch_restarts_total',
    help: 'Watches that were begun again with a list',
    labelNames: ['kind'],
    registers,
  });
  const comparisons = new Histogram({
    name: 'netplane_comparison_seconds',
    help: 'Time of comparing all EIPs with one list of the cluster',
    buckets: [0.1, 1, 10, 60, 300],
    registers,
  });
  const compared = new Counter({
    name: 'netplane_comparison_passes_total',
    help: 'Passes that comparisons have asked for',
    registers,
  });
  return {
    registry,
    observePass: (kind, result, seconds) => passes.observe({ kind, result }, seconds),
    setQueue(depth) {
      total.set(depth.total);
      claimed.set(depth.claimed);
      oldest.set(depth.oldest_seconds);
    },
    setDifferences(found) {
      for (const invariant of invariants) {
        differences.set({ invariant }, found.find((each) => each.invariant === invariant)?.n ?? 0);
      }
    },
    setLeaks,
    countWatchRestart: (kind) => restarts.inc({ kind }),
    observeComparison({ seconds, enqueued }) {
      comparisons.observe(seconds);
      compared.inc(enqueued);
    },
  };
}
