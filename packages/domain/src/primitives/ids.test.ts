import fc from 'fast-check';
import { fromUUID } from 'typeid-js';
import { describe, expect, it } from 'vitest';
import { type Kind, kindNames, kinds } from '../kinds.ts';
import { clusterName, idPattern, parseId, presentId } from './ids.ts';

const kind = fc.constantFrom(...kindNames);
const uuid = fc.uuid({ version: 7 });

describe('an id', () => {
  it('reads as it was shown, and as no other kind’s', () => {
    fc.assert(
      fc.property(kind, uuid, kind, (own, value, other: Kind) => {
        const shown = presentId(own, value);
        expect(shown).toMatch(new RegExp(idPattern(own)));
        expect(parseId(own, shown)).toBe(value);
        if (other !== own) expect(parseId(other, shown)).toBeUndefined();
      }),
    );
  });

  it('is written as the library writes it', () => {
    const { idPrefix } = kinds.eip;
    fc.assert(
      fc.property(fc.uuid(), (value) => {
        expect(presentId('eip', value)).toBe(fromUUID(value, idPrefix));
      }),
    );
  });

  it('sorts as the time of its making', () => {
    fc.assert(
      fc.property(uuid, uuid, (a, b) => {
        expect(presentId('eip', a) < presentId('eip', b)).toBe(a < b);
      }),
    );
  });

  it('is read whatever its 128 bits are, and anything else is not', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-7][0-9a-hjkmnp-tv-z]{25}$/), (suffix) => {
        expect(parseId('eip', `eip_${suffix}`)).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      }),
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parseId('eip', text)).toBeUndefined();
      }),
    );
  });

  it('names cluster objects: a DNS label that begins with a letter, with room for an incarnation', () => {
    fc.assert(
      fc.property(kind, uuid, (own, value) => {
        expect(clusterName(own, value)).toMatch(/^[a-z][a-z0-9]{0,39}$/);
      }),
    );
  });
});
