/** Runs one case on a lane, checks everything, and leaves the lane as it was. */
import { check } from './checks.ts';
import { cleanUp } from './clean-up.ts';
import { converge } from './converge.ts';
import { askDoctor } from './doctor.ts';
import type { ChaosCase } from './fault.ts';
import { type Figures, noFigures } from './figures.ts';
import type { LanePool } from './lane-pool.ts';
import type { Lane } from './stage/lane.ts';

export interface CaseResult {
  readonly id: string;
  readonly verdict: 'held' | 'failed' | 'not reached';
  /** Why it failed. */
  readonly message: string;
  readonly figures: Figures;
}

class Broken extends Error {
  readonly figures: Figures;
  constructor(lines: readonly string[], figures: Figures) {
    super(lines.join('\n'));
    this.figures = figures;
  }
}

export async function runCase(pool: LanePool, chaosCase: ChaosCase): Promise<CaseResult> {
  const { alternatives } = chaosCase;
  if (alternatives === undefined) return runOne(pool, chaosCase);
  for (const each of [chaosCase, ...alternatives]) {
    const result = await runOne(pool, each);
    if (result.verdict !== 'not reached') return result;
  }
  const message = 'none of its steps was reached, so nothing was tried';
  return { id: chaosCase.id, verdict: 'failed', message, figures: noFigures };
}

async function runOne(pool: LanePool, chaosCase: ChaosCase): Promise<CaseResult> {
  const { id, ownServer = false } = chaosCase;
  try {
    const figures = await pool.withLane((lane) => runOn(lane, chaosCase), { ownServer });
    return { id, verdict: figures.injected === 0 ? 'not reached' : 'held', message: '', figures };
  } catch (error) {
    const figures = error instanceof Broken ? error.figures : noFigures;
    return {
      id,
      verdict: 'failed',
      message: error instanceof Error ? error.message : String(error),
      figures,
    };
  }
}

async function runOn(lane: Lane, chaosCase: ChaosCase): Promise<Figures> {
  await converge(lane, performance.now()); // a new lane's networks may not be ready yet
  const { injected, convergedSeconds, leave } = await chaosCase.run(lane).catch((error: unknown) => {
    throw new Error(`${error instanceof Error ? error.message : error}\nlogs: ${lane.directory}`, {
      cause: error,
    });
  });
  const { lines: found, ...counts } = await check(lane);
  const lines = [...found, ...(await askDoctor(lane))];
  const figures = { injected, ...counts, convergedSeconds: injected === 0 ? [] : [convergedSeconds] };
  if (lines.length > 0) throw new Broken([...lines, `logs: ${lane.directory}`], figures);
  await cleanUp(lane);
  await leave?.();
  return figures;
}
