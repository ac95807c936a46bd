/** What a run came to, in numbers. */

export interface Figures {
  readonly injected: number;
  readonly accepted: number;
  readonly lost: number;
  readonly doubled: number;
  /** One for each case in which the fault has struck. */
  readonly convergedSeconds: readonly number[];
}

export const noFigures: Figures = { injected: 0, accepted: 0, lost: 0, doubled: 0, convergedSeconds: [] };

export function addFigures(one: Figures, other: Figures): Figures {
  return {
    injected: one.injected + other.injected,
    accepted: one.accepted + other.accepted,
    lost: one.lost + other.lost,
    doubled: one.doubled + other.doubled,
    convergedSeconds: [...one.convergedSeconds, ...other.convergedSeconds],
  };
}

export function describeFigures(name: string, figures: Figures): string {
  const { injected, accepted, lost, doubled, convergedSeconds } = figures;
  const sorted = convergedSeconds.toSorted((a, b) => a - b);
  const median = sorted[Math.floor((sorted.length - 1) / 2)];
  const seconds = (value: number | undefined) => (value === undefined ? '–' : value.toFixed(1));
  return [
    `${name}:`,
    `${injected} faults injected, ${accepted} requests accepted, ${lost} lost, ${doubled} doubled,`,
    `converged in ${seconds(median)} s (median), ${seconds(sorted.at(-1))} s (longest)`,
  ].join(' ');
}
