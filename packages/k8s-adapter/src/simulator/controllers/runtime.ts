import type { ApiContext } from '../api/context.ts';
import type { Change } from '../store/history.ts';
import type { ClusterView } from './cluster-view.ts';
import { type Controller, done, type Handler, type Job, type Queue } from './controller.ts';
import type { Northbound } from './northbound.ts';
import { performWrite } from './perform-write.ts';
import type { Scheduler } from './scheduler.ts';

interface RuntimeOptions {
  readonly api: ApiContext;
  readonly view: ClusterView;
  readonly northbound: Northbound;
  readonly controllers: readonly Controller[];
  readonly scheduler: Scheduler;
  readonly log: (message: string) => void;
  /** Between a change and what a controller makes of it. */
  readonly delayMs: number;
  /** First and longest wait before a job that could not be done is tried again; it doubles in between. */
  readonly retryMinMs: number;
  readonly retryMaxMs: number;
}

/** The controllers as one process: it may be stopped, slowed down and started again. */
export interface ControllerRuntime {
  /** Takes every object for a new one, as a real controller does after its start. */
  start(): void;
  /** Forgets all jobs under way. */
  stop(): void;
  readonly isRunning: boolean;
  setDelay(delayMs: number): void;
  /** Resolves when no job is due but those that wait for a retry. */
  settled(): Promise<void>;
}

interface Pending {
  readonly cancel: () => void;
  /** Waits to be tried again rather than to be done. */
  readonly retrying: boolean;
}

/** Enough for any longest wait, and no overflow. */
const DOUBLINGS_MAX = 20;

export function createControllerRuntime(options: RuntimeOptions): ControllerRuntime {
  const { api, view, northbound, controllers, scheduler } = options;
  const handlers = new Map<Queue, Handler>(
    controllers.flatMap(({ handlers: own }) => Object.entries(own) as [Queue, Handler][]), // keys of a record by Queue
  );
  const pending = new Map<string, Pending>();
  const failures = new Map<string, number>();
  let waiting: (() => void)[] = [];
  /** Pending jobs that are not retries. */
  let due = 0;
  let delayMs = options.delayMs;
  let stopListening: (() => void) | undefined;

  const announceSettled = (): void => {
    if (due > 0) return;
    for (const resolve of waiting) resolve();
    waiting = [];
  };

  const enqueue = (job: Job, afterMs = delayMs, retrying = false): void => {
    const id = `${job.queue} ${job.key}`;
    const known = pending.get(id);
    if (known !== undefined && (!known.retrying || retrying)) return; // it will see this change as well
    known?.cancel();
    if (!retrying) due += 1;
    const cancel = scheduler.after(afterMs, () => {
      pending.delete(id);
      run(job, id);
      if (!retrying) due -= 1;
      announceSettled();
    });
    pending.set(id, { cancel, retrying });
  };

  const run = (job: Job, id: string): void => {
    if (attempt(job)) {
      failures.delete(id);
      return;
    }
    const failed = failures.get(id) ?? 0;
    failures.set(id, failed + 1);
    enqueue(
      job,
      Math.min(options.retryMaxMs, options.retryMinMs * 2 ** Math.min(failed, DOUBLINGS_MAX)),
      true,
    );
  };

  /** Whether the job is done; what throws is a fault of the simulator or of a seeded object, logged and tried again. */
  const attempt = (job: Job): boolean => {
    try {
      const step = handlers.get(job.queue)?.(view, job) ?? done;
      for (const write of step.writes) performWrite(api, northbound, write);
      for (const next of step.jobs ?? []) enqueue(next);
      return step.retry !== true;
    } catch (error) {
      options.log(`controller ${job.queue} failed on ${job.key}: ${String(error)}`);
      return false;
    }
  };

  const react = (change: Change): void => {
    for (const controller of controllers) {
      if (controller.kind !== change.kind) continue;
      for (const job of jobsOf(controller, change)) enqueue(job);
    }
  };

  return {
    start: () => {
      if (stopListening !== undefined) return;
      stopListening = api.store.onChange(react);
      for (const { kind, added } of controllers) {
        for (const object of view.all(kind)) for (const job of added?.(object) ?? []) enqueue(job);
      }
    },
    stop: () => {
      stopListening?.();
      stopListening = undefined;
      for (const { cancel } of pending.values()) cancel();
      pending.clear();
      due = 0;
      failures.clear();
      announceSettled();
    },
    get isRunning() {
      return stopListening !== undefined;
    },
    setDelay: (ms) => {
      delayMs = ms;
    },
    settled: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        announceSettled();
      }),
  };
}

function jobsOf(controller: Controller, { type, object, previous }: Change): readonly Job[] {
  if (type === 'added') return controller.added?.(object) ?? [];
  if (type === 'deleted') return controller.deleted?.(object) ?? [];
  return previous === undefined ? [] : (controller.updated?.(previous, object) ?? []);
}
