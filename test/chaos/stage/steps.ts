/**
 * The steps of a process: each message that it sends to PostgreSQL or to the API server, before it leaves and after it
 * was answered. The proxies announce every step; a run may write them down, or end the process at one of them.
 */

export interface Steps {
  /** Called by a proxy. Whether the process ends here: then the message, or its answer, goes nowhere. */
  reach(step: string): boolean;
  /** Every step from now on, until the answered function is called. */
  record(): () => readonly string[];
  /**
   * Calls `act` at once, in the very moment of the step, when it is reached so many times from now on. It says whether
   * the process ends there, or what it has sent and will hear goes on.
   */
  arm(target: StepTarget, act: () => 'ends' | 'goes on'): void;
  disarm(): void;
}

export interface StepTarget {
  readonly step: string;
  /** 1 is the first time. */
  readonly occurrence: number;
}

export function createSteps(): Steps {
  let recorded: string[] | undefined;
  let armed:
    | { readonly target: StepTarget; readonly act: () => 'ends' | 'goes on'; seen: number }
    | undefined;
  return {
    reach(step) {
      recorded?.push(step);
      if (armed === undefined || armed.target.step !== step) return false;
      armed.seen += 1;
      if (armed.seen < armed.target.occurrence) return false;
      const { act } = armed;
      armed = undefined;
      return act() === 'ends';
    },
    record() {
      const own: string[] = [];
      recorded = own;
      return () => {
        recorded = undefined;
        return own;
      };
    },
    arm(target, act) {
      armed = { target, act, seen: 0 };
    },
    disarm() {
      armed = undefined;
    },
  };
}
