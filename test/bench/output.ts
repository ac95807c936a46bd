/** Results as a table for people and as one document for programs. */
import type { Row } from './measurement.ts';

export interface Skipped {
  readonly name: string;
  readonly why: string;
}

export interface Results {
  readonly rows: readonly Row[];
  readonly skipped: readonly Skipped[];
}

/** One JSON document; `skipped` is there only when something is. */
export function asJson({ rows, skipped }: Results): string {
  return JSON.stringify(skipped.length === 0 ? { rows } : { rows, skipped });
}

export function asTable({ rows, skipped }: Results): string {
  const cells = rows.map(({ name, value, unit, against, ratio }) => [
    name,
    value.toLocaleString('en', { maximumSignificantDigits: 6 }),
    unit,
    ratio === null ? '' : ratio.toFixed(2),
    against ?? '',
  ]);
  const lines = aligned([['row', 'value', 'unit', 'ratio', 'against'], ...cells]);
  return [...lines, ...skipped.map(({ name, why }) => `${name}: skipped, ${why}`)].join('\n');
}

/** Numbers to the right, words to the left. */
function aligned(table: readonly (readonly string[])[]): readonly string[] {
  const widths = (table[0] ?? []).map((_, column) =>
    Math.max(...table.map((cells) => cells[column]?.length ?? 0)),
  );
  return table.map((cells) =>
    cells
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column === 1 || column === 3 ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
}
