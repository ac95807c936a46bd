import { expect, test } from 'vitest';
import type { Measurement } from './measurement.ts';
import { plan } from './plan.ts';

const measurement = (row: string, needs: Measurement['needs'], isQuick: boolean): Measurement => ({
  ...{ rows: [row], isQuick, needs },
  measure: async () => [],
});
const reads = measurement('reads', 'database', true);
const growth = measurement('growth', 'database', false);
const direct = measurement('direct', 'control-plane', true);
const all = [reads, growth, direct];

const notBuilt = async () => false;
const built = async () => true;

test('everything is measured, also what has to be built first', async () => {
  const { chosen, skipped } = await plan(all, { isQuick: false, only: [] }, notBuilt);
  expect([chosen, skipped]).toEqual([all, []]);
});

test('--quick leaves out what takes long and what is not built yet, and names it', async () => {
  const { chosen, skipped } = await plan(all, { isQuick: true, only: [] }, notBuilt);
  expect(chosen).toEqual([reads]);
  expect(skipped.map(({ name }) => name)).toEqual(['growth', 'direct']);
  expect((await plan(all, { isQuick: true, only: [] }, built)).chosen).toEqual([reads, direct]);
});

test('a row that is asked for by name is measured although it is long, but not where it must be built', async () => {
  const quick = { isQuick: true, only: ['growth', 'direct'] };
  const { chosen, skipped } = await plan(all, quick, notBuilt);
  expect([chosen, skipped.map(({ name }) => name)]).toEqual([[growth], ['direct']]);
});
