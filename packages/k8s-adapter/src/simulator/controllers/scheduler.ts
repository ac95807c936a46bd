/** When controllers run. Injected, so that a test may step through time. */
export interface Scheduler {
  /** Runs once after the delay unless cancelled by the returned function. */
  after(delayMs: number, run: () => void): () => void;
}

export const timers: Scheduler = {
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};

export interface SteppedScheduler extends Scheduler {
  /** Lets this much time pass: everything due runs, in order, also what it schedules meanwhile. */
  advance(ms: number): void;
}

/** Time that passes only by `advance`. */
export function createSteppedScheduler(): SteppedScheduler {
  let now = 0;
  let sequence = 0;
  let entries: { readonly at: number; readonly sequence: number; readonly run: () => void }[] = [];
  const nextDue = (until: number) =>
    entries
      .filter((entry) => entry.at <= until)
      .sort((a, b) => a.at - b.at || a.sequence - b.sequence)
      .at(0);
  return {
    after: (delayMs, run) => {
      sequence += 1;
      const entry = { at: now + delayMs, sequence, run };
      entries.push(entry);
      return () => {
        entries = entries.filter((other) => other !== entry);
      };
    },
    advance: (ms) => {
      const until = now + ms;
      for (let entry = nextDue(until); entry !== undefined; entry = nextDue(until)) {
        const due = entry;
        entries = entries.filter((other) => other !== due);
        now = Math.max(now, due.at);
        due.run();
      }
      now = until;
    },
  };
}
