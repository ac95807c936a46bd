import { expect, test } from 'vitest';
import { readArguments } from './arguments.ts';

const known = ['get-one', 'list-100'];

test('everything is measured and shown as a table unless said otherwise', () => {
  expect(readArguments([], known)).toEqual({ isJson: false, isQuick: false, only: [] });
});

test('rows are chosen one by one or in a row', () => {
  const both = { isJson: true, isQuick: true, only: ['get-one', 'list-100'] };
  expect(readArguments(['--json', '--quick', '--only', 'get-one', 'list-100'], known)).toEqual(both);
  expect(readArguments(['--only', 'get-one', '--quick', '--only=list-100', '--json'], known)).toEqual(both);
});

test.each([
  ['an unknown row', ['--only', 'get-two'], /no row "get-two"[\s\S]*get-one/],
  ['a row without --only', ['get-one'], /--only <name>/],
  ['an unknown option', ['--fast'], /--fast/],
  ['--only without a name', ['--only'], /--only/],
])('%s is refused in words', (_, words, message) => {
  expect(() => readArguments(words, known)).toThrow(message);
});
