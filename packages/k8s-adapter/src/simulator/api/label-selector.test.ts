import { expect, test } from 'vitest';
import { matchesSelector, parseSelector, requiredValue } from './label-selector.ts';

const web = { metadata: { labels: { app: 'web', 'x.y/tier': 'front' } } };

test.each([
  ['', true],
  ['app=web', true],
  ['app == web', true],
  ['app!=web', false],
  ['app!=db', true],
  ['none!=db', true],
  ['app in (web, db)', true],
  ['app notin (web,db)', false],
  ['none notin (a)', true],
  ['app', true],
  ['!app', false],
  ['!none', true],
  ['x.y/tier=front,app=web', true],
  ['app in (web,db),x.y/tier=back', false],
  ['app=', false],
])('%s: %s', (selector, matches) => {
  expect(matchesSelector(parseSelector(selector), web)).toBe(matches);
});

test.each(['a b', 'a=b c', 'in (a)', 'a in b', '=a', 'a in (b', '!'])('refuses %j', (selector) => {
  expect(() => parseSelector(selector)).toThrow(/unable to parse/);
});

test('tells the one value that a label must have', () => {
  expect(requiredValue(parseSelector('a=1,b!=2'), 'a')).toBe('1');
  expect(requiredValue(parseSelector('a in (1,2)'), 'a')).toBeUndefined();
  expect(requiredValue(parseSelector('a!=1'), 'a')).toBeUndefined();
});
