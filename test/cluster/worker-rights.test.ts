/** Last in the order of names: what the worker said while all others ran. */
import { readFile } from 'node:fs/promises';
import { expect, inject, it } from 'vitest';

interface Line {
  readonly level: number | string;
  readonly msg: string;
}

async function linesOfWorker(): Promise<readonly string[]> {
  const text = await readFile(inject('workerLogPath'), 'utf8');
  return text.split('\n').filter((line) => line !== '');
}

it('the rights of deploy/kubernetes are enough for all that the worker does', async () => {
  const lines = await linesOfWorker();
  expect(lines.length).toBeGreaterThan(0);
  expect(lines.filter((line) => /forbidden/i.test(line))).toEqual([]);
});

it('the worker finds nothing wrong with itself', async () => {
  const lines = (await linesOfWorker()).filter((line) => line.startsWith('{'));
  const errors = lines.filter((line) => {
    const { level } = JSON.parse(line) as Line; // of pino
    return level === 'error' || level === 'fatal' || Number(level) >= 50;
  });
  expect(errors).toEqual([]);
});
