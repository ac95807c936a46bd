/** `docs/errors.md` has a row for every error code and every reason, and none for what is not there any more. */
import { readFileSync } from 'node:fs';
import { errorCodes, reasons } from '@netplane/domain';
import { describe, expect, it } from 'vitest';
import { errorTable } from '../../apps/api/src/plugins/http/error-table.ts';

const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');

/** The cells of the table with this first column and `help` as its last, without the backticks of the word. */
function rowsOf(heading: string): readonly (readonly string[])[] {
  const lines = page.split('\n');
  const isHeader = (cells: readonly string[]) => cells[0] === heading && cells.at(-1) === 'help';
  const start = lines.findIndex((line) => isHeader(cellsOf(line))) + 2;
  expect(start, `a table with the column ${heading}`).toBeGreaterThan(1);
  const length = lines.slice(start).findIndex((line) => !line.startsWith('|'));
  return lines.slice(start, start + length).map(cellsOf);
}

function cellsOf(line: string): readonly string[] {
  return line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim().replace(/^`(\w+)`$/, '$1'));
}

describe('docs/errors.md', () => {
  it('has a row for each error code, with its status and help', () => {
    const expected = Object.entries(errorTable).map(([code, { status, retryable }]) => [
      ...[code, String(status), retryable ? 'yes' : 'no', errorCodes[code as keyof typeof errorCodes]], // its own keys
    ]);
    expect([...rowsOf('code')].sort()).toEqual(expected.sort());
  });

  it('has a row for each reason, with its help', () => {
    const found = rowsOf('reason').map(([reason, , help]) => [reason, help]);
    expect(found.sort()).toEqual(Object.entries(reasons).sort());
  });
});
