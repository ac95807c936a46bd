import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatIpv4,
  formatSpan,
  ipv4Block,
  mergeSpans,
  parseAddress,
  parseCidr,
  parseSpan,
  type Span,
  spanContains,
  spanSize,
  spansOverlap,
} from './cidr.ts';

const address = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const prefix = fc.integer({ min: 0, max: 32 });
/** Close together, so that they touch and overlap often. */
const span = fc
  .tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 8 }))
  .map(([first, more]): Span => ({ first, last: first + more }));

describe('an address', () => {
  it('reads as it was printed', () => {
    fc.assert(
      fc.property(address, (value) => {
        expect(parseAddress(formatIpv4(value))).toEqual({ kind: 'ipv4', value });
      }),
    );
  });

  it.each([
    ['010.0.0.1', 'malformed'],
    ['10.0.0', 'malformed'],
    ['10.0.0.256', 'malformed'],
    ['10.0.0.1 ', 'malformed'],
    ['0x0a.0.0.1', 'malformed'],
    ['', 'malformed'],
    ['2001:db8::1', 'ipv6'],
    ['::ffff:10.0.0.1', 'ipv6'],
    ['::g', 'malformed'],
  ])('is told from what is none: %s', (text, kind) => {
    const parsed = parseAddress(text);
    expect(parsed.kind === 'non-canonical' ? 'malformed' : parsed.kind).toBe(kind);
  });
});

describe('a block', () => {
  it('holds the address that it was made of, begins at a multiple of its size, and reads as it was printed', () => {
    fc.assert(
      fc.property(address, prefix, (value, length) => {
        const block = ipv4Block(value, length);
        expect(spanContains(block, { first: value, last: value })).toBe(true);
        expect(spanSize(block)).toBe(2 ** (32 - length));
        expect(block.first % spanSize(block)).toBe(0);
        expect(parseCidr(block.text)).toEqual({ kind: 'ipv4', block });
      }),
    );
  });

  it('with host bits set is told its canonical form, which is one', () => {
    fc.assert(
      fc.property(address, fc.integer({ min: 0, max: 31 }), (value, length) => {
        const block = ipv4Block(value, length);
        const host = block.first + 1;
        expect(parseCidr(`${formatIpv4(host)}/${length}`)).toEqual({
          kind: 'non-canonical',
          canonical: block.text,
        });
      }),
    );
  });

  it('overlaps another exactly where one holds the other', () => {
    fc.assert(
      fc.property(address, prefix, address, prefix, (a, lengthA, b, lengthB) => {
        const [one, other] = [ipv4Block(a, lengthA), ipv4Block(b, lengthB)];
        expect(spansOverlap(one, other)).toBe(spanContains(one, other) || spanContains(other, one));
      }),
    );
  });
});

describe('spans', () => {
  it('read as they were printed', () => {
    fc.assert(
      fc.property(span, (one) => {
        expect(parseSpan(formatSpan(one))).toEqual(one);
      }),
    );
  });

  it('merge into the fewest, in order, that hold the same addresses', () => {
    const addressesOf = (spans: readonly Span[]) =>
      [
        ...new Set(
          spans.flatMap(({ first, last }) => Array.from({ length: last - first + 1 }, (_, n) => first + n)),
        ),
      ].sort((a, b) => a - b);
    fc.assert(
      fc.property(fc.array(span), (spans) => {
        const merged = mergeSpans(spans);
        expect(addressesOf(merged)).toEqual(addressesOf(spans));
        for (const [index, { first }] of merged.entries()) {
          const before = merged[index - 1];
          if (before !== undefined) expect(first).toBeGreaterThan(before.last + 1);
        }
      }),
    );
  });

  it.each(['10.0.0.9..10.0.0.1', '10.0.0.1..', '..10.0.0.1', '10.0.0.1-10.0.0.9', 'fd00::1..fd00::2'])(
    'are told from what is none: %s',
    (text) => {
      expect(parseSpan(text)).toBeUndefined();
    },
  );
});
