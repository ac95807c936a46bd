import { expect, test } from 'vitest';
import { asJson, asTable } from './output.ts';

const rows = [
  { name: 'get-one', value: 3_210, unit: 'answers/s', against: null, ratio: null },
  { name: 'list-deep-vs-first', value: 612.5, unit: 'pages/s', against: 'page 1', ratio: 0.987 },
];

test('JSON is one document of rows, with what was left out only where something was', () => {
  expect(JSON.parse(asJson({ rows, skipped: [] }))).toEqual({ rows });
  const skipped = [{ name: 'worker-vs-apply', why: 'it needs a control plane' }];
  expect(JSON.parse(asJson({ rows, skipped }))).toEqual({ rows, skipped });
});

test('a table has a line for each row and for each that was left out', () => {
  const lines = asTable({ rows, skipped: [{ name: 'worker-vs-apply', why: 'it has no cluster' }] }).split(
    '\n',
  );
  expect(lines).toEqual([
    'row                 value  unit       ratio  against',
    'get-one             3,210  answers/s',
    'list-deep-vs-first  612.5  pages/s     0.99  page 1',
    'worker-vs-apply: skipped, it has no cluster',
  ]);
});
