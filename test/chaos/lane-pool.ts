/** Lanes for as many cases as run at once. A lane in which something went wrong is not used again. */
import type { Lane } from './stage/lane.ts';
import type { Stage } from './stage/stage.ts';

export interface LanePool {
  readonly size: number;
  /** Waits for a lane, and gives it back unless `use` throws. */
  withLane<T>(use: (lane: Lane) => Promise<T>, options?: { readonly ownServer?: boolean }): Promise<T>;
}

export function createLanePool(stage: Stage, size: number): LanePool {
  const free: Lane[] = [];
  const waiting: (() => void)[] = [];
  let taken = 0;

  async function enter(): Promise<void> {
    if (taken < size) {
      taken += 1;
      return;
    }
    await new Promise<void>((resolve) => waiting.push(resolve)); // the place is handed over
  }

  function leave(): void {
    const next = waiting.shift();
    if (next === undefined) taken -= 1;
    else next();
  }

  return {
    size,
    async withLane(use, { ownServer = false } = {}) {
      await enter();
      try {
        const lane = (ownServer ? undefined : free.pop()) ?? (await stage.openLane({ ownServer }));
        try {
          const result = await use(lane);
          if (ownServer) await stage.closeLane(lane);
          else free.push(lane);
          return result;
        } catch (error) {
          await stage.closeLane(lane);
          throw error;
        }
      } finally {
        leave();
      }
    },
  };
}
