/** A fault that lasts a while: callers are at work before, during and after it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { converge } from '../converge.ts';
import type { ChaosCase, Outcome } from '../fault.ts';
import type { Lane } from '../stage/lane.ts';
import { startTraffic } from '../traffic.ts';

export interface Disturbance {
  readonly id: string;
  readonly ownServer?: boolean;
  readonly seconds: number;
  /** Callers at once, and how long each rests between two requests. */
  readonly callers?: number;
  readonly pauseMs?: number;
  /** Processes that take part besides the lane's own. They are removed after the checks. */
  readonly prepare?: (lane: Lane) => Promise<() => Promise<void>>;
  /** @returns what ends the fault, and how often it has struck */
  readonly strike: (lane: Lane) => Promise<Heal>;
  /** What else has to be so afterwards, or is in the way. */
  readonly obstacle?: (lane: Lane) => Promise<string | undefined>;
}

export type Heal = () => Promise<number>;

/** What piles up while it lasts can be done within the limit, also on a slow machine. */
const REQUESTS_OF_A_CALLER = 15;
const PAUSE_MIN_MS = 400;
const WARM_UP_MS = 1_500;
const COOL_DOWN_MS = 500;

export function disturbanceCase(disturbance: Disturbance): ChaosCase {
  const { id, ownServer = false } = disturbance;
  return { id, ownServer, run: (lane) => disturb(lane, disturbance) };
}

async function disturb(lane: Lane, disturbance: Disturbance): Promise<Outcome> {
  const { prepare, obstacle } = disturbance;
  const leave = await prepare?.(lane);
  const { since, injected } = await undergo(lane, disturbance);
  const convergedSeconds = await converge(
    lane,
    since,
    obstacle === undefined ? {} : { obstacle: () => obstacle(lane) },
  );
  return { injected, convergedSeconds, ...(leave === undefined ? {} : { leave }) };
}

async function undergo(lane: Lane, { seconds, callers = 2, pauseMs, strike }: Disturbance) {
  const rest = pauseMs ?? Math.max(PAUSE_MIN_MS, (seconds * 1_000) / REQUESTS_OF_A_CALLER);
  const traffic = startTraffic(lane, { callers, pauseMs: rest });
  try {
    await sleep(WARM_UP_MS);
    const heal = await strike(lane);
    await sleep(seconds * 1_000);
    const injected = await heal();
    const since = performance.now();
    await sleep(COOL_DOWN_MS);
    return { since, injected };
  } finally {
    await traffic.stop();
  }
}
