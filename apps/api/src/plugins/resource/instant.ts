/** Instants that callers send: RFC 3339 allows more than PostgreSQL reads. */

const FORM = /^(\d{4}-\d\d-\d\d)[Tt\s](\d\d:\d\d):(\d\d)(\.\d+)?([Zz]|[+-]\d\d:?\d\d)$/;
const EARLIEST = '0001-01-01T00:00:00Z';
const LATEST = '9999-12-31T23:59:59.999999Z';
const MICROSECOND_DIGITS = 7; // with the point

/**
 * The same instant in UTC, to the microsecond; the nearest one that PostgreSQL has where it is outside of its years.
 * @param text RFC 3339: any offset, also of nearly a day, and leap seconds
 * @returns `undefined` for any other text
 */
export function utcInstant(text: string): string | undefined {
  const match = FORM.exec(text);
  if (match === null) return undefined;
  const [, date = '', time = '', seconds = '', fraction = '', offset = ''] = match;
  const minute = Date.parse(`${date}T${time}:00Z`) - offsetMinutes(offset) * 60_000;
  const instant = new Date(minute + Number(seconds) * 1_000);
  const year = instant.getUTCFullYear();
  if (Number.isNaN(year)) return undefined;
  if (year < 1) return EARLIEST;
  if (year > 9_999) return LATEST;
  return `${instant.toISOString().slice(0, 19)}${fraction.slice(0, MICROSECOND_DIGITS)}Z`;
}

function offsetMinutes(offset: string): number {
  const [, sign, hours, minutes] = /^([+-])(\d\d):?(\d\d)$/.exec(offset) ?? [];
  const amount = Number(hours ?? 0) * 60 + Number(minutes ?? 0);
  return sign === '-' ? -amount : amount;
}
