import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isNetplaneError } from '../errors.ts';
import {
  formatIpv4,
  ipv4Block,
  knownAddress,
  knownBlock,
  spanContains,
  spansOverlap,
} from '../primitives/cidr.ts';
import { namePattern, organizationNamePattern } from '../primitives/names.ts';
import {
  assertProjectCidr,
  decideGatewayAddress,
  decideNamespaces,
  namespaceIsReserved,
} from './project.rules.ts';

const organization = fc.stringMatching(new RegExp(organizationNamePattern));
const project = fc.stringMatching(new RegExp(namePattern));
const hash = fc.stringMatching(/^[0-9a-f]{64}$/);

describe('the namespaces of a project', () => {
  it('are DNS labels that no system has, and the last one is made unique by the hash', () => {
    fc.assert(
      fc.property(organization, project, hash, (owner, name, idHash) => {
        const candidates = decideNamespaces(owner, name, idHash);
        for (const candidate of candidates) {
          expect(candidate).toMatch(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
          expect(namespaceIsReserved(candidate)).toBe(false);
        }
        expect(candidates.at(-1)?.endsWith(`-${idHash.slice(0, 8)}`)).toBe(true);
      }),
    );
  });

  it.each([
    ['acme', 'demo', 'acme-demo'],
    ['kube', 'demo', 'kube-demo-01234567'],
    ['openshift', 'x', 'openshift-x-01234567'],
    ['acme', 'file-system', 'acme-file-system-01234567'],
    ['a'.repeat(31), 'b'.repeat(40), `${'a'.repeat(31)}-${'b'.repeat(22)}-01234567`],
    ['a'.repeat(31), `${'b'.repeat(21)}-${'c'.repeat(30)}`, `${'a'.repeat(31)}-${'b'.repeat(21)}-01234567`],
  ])('of %s and %s begin with %s', (owner, name, first) => {
    expect(decideNamespaces(owner, name, '0123456789abcdef')[0]).toBe(first);
  });
});

describe('a chosen CIDR', () => {
  const pool = '10.0.0.0/8';
  const reserved = [
    { cidr: '10.100.0.0/16', reservedBy: 'management' },
    { cidr: '172.30.0.0/22', reservedBy: 'join subnet' },
  ];

  it('is taken only inside the pool, of an allowed size, outside of what is reserved, and refused by name otherwise', () => {
    const anywhere = fc.tuple(
      fc.integer({ min: knownAddress('9.255.0.0'), max: knownAddress('11.0.255.255') }),
      fc.integer({ min: 8, max: 32 }),
    );
    fc.assert(
      fc.property(anywhere, ([address, prefix]) => {
        const { text, ...block } = ipv4Block(address, prefix);
        const isFine =
          prefix >= 16 &&
          prefix <= 28 &&
          spanContains(knownBlock(pool), block) &&
          !reserved.some(({ cidr }) => spansOverlap(knownBlock(cidr), block));
        try {
          expect(assertProjectCidr(text, pool, reserved).text).toBe(text);
          expect(isFine).toBe(true);
        } catch (error) {
          if (!isNetplaneError(error)) throw error;
          expect(isFine).toBe(false);
          expect(['cidr_out_of_pool', 'cidr_reserved']).toContain(error.code);
        }
      }),
    );
  });

  it('has its gateway inside, never at an end', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        fc.integer({ min: 16, max: 28 }),
        (address, prefix) => {
          const block = ipv4Block(address, prefix);
          const gateway = knownAddress(decideGatewayAddress(block));
          expect(gateway).toBeGreaterThan(block.first);
          expect(gateway).toBeLessThan(block.last);
          expect(formatIpv4(gateway)).toBe(decideGatewayAddress(block));
        },
      ),
    );
  });
});
