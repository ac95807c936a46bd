import { expect, it } from 'vitest';
import { utcInstant } from './instant.ts';

it.each([
  ['2026-11-21T10:00:00Z', '2026-11-21T10:00:00Z'],
  ['2026-11-21t10:00:00z', '2026-11-21T10:00:00Z'],
  ['2026-11-21 10:00:00Z', '2026-11-21T10:00:00Z'],
  ['2026-11-21T10:00:00.123456789+02:00', '2026-11-21T08:00:00.123456Z'],
  ['1321-03-28T22:34:59-18:40', '1321-03-29T17:14:59Z'],
  ['2026-12-31T23:59:60Z', '2027-01-01T00:00:00Z'],
  ['0000-06-01T00:00:00Z', '0001-01-01T00:00:00Z'],
  ['0001-01-01T00:00:00+23:59', '0001-01-01T00:00:00Z'],
  ['9999-12-31T23:59:59.5-23:59', '9999-12-31T23:59:59.999999Z'],
])('an instant as RFC 3339 writes it is one that PostgreSQL reads: %s', (text, expected) => {
  expect(utcInstant(text)).toBe(expected);
});

it.each(['yesterday', '2026-11-21', '2026-11-21T10:00:00', '2026-13-01T00:00:00Z', '2026-11-21T25:00:00Z'])(
  'is not made of other text: %s',
  (text) => {
    expect(utcInstant(text)).toBeUndefined();
  },
);
