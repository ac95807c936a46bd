import { expect, test } from 'vitest';
import { loadCrdTable } from '../kinds.ts';
import { defaulted, pruned, schemaCauses, unknownFields } from './structural-schema.ts';

const crds = loadCrdTable();
const schemaOf = (kind: string) => {
  const crd = crds[kind];
  if (crd === undefined) throw new Error(`no CRD ${kind}`);
  return crd.schema;
};

test('finds undeclared fields at any depth, and takes string maps and metadata as they are', () => {
  const vpc = {
    metadata: { anything: 1 },
    foo: 1,
    spec: {
      bar: 1,
      staticRoutes: [{ cidr: 'c', metric: 1 }],
      bfdPort: { nodeSelector: { matchLabels: { any: 'x' } } },
    },
  };
  expect(unknownFields(schemaOf('Vpc'), vpc)).toEqual(['foo', 'spec.bar', 'spec.staticRoutes[0].metric']);
});

test('prunes undeclared fields and nulls', () => {
  const vpc = { spec: { bar: 1, defaultSubnet: null, staticRoutes: [{ cidr: 'c', metric: 1 }] } };
  expect(pruned(schemaOf('Vpc'), vpc)).toEqual({ spec: { staticRoutes: [{ cidr: 'c' }] } });
});

test('fills defaults into maps that are there, and into no others', () => {
  expect(defaulted(schemaOf('Vpc'), { spec: { bfdPort: {} } })).toEqual({
    spec: { bfdPort: { enabled: false } },
  });
  expect(defaulted(schemaOf('Vpc'), { spec: {} })).toEqual({ spec: {} });
});

test.each([
  ['Vlan', { spec: { id: 'a', provider: 5 } }, ['spec.id', 'spec.provider']],
  ['Vlan', { spec: { id: 1.5, provider: 'p' } }, ['spec.id']],
  ['Vlan', { spec: { id: 1 } }, ['spec.provider']],
  ['Vlan', { spec: 'text' }, ['spec']],
  [
    'Subnet',
    { spec: { namespaces: 'a', acls: [{ priority: 'x' }] } },
    ['spec.acls[0].priority', 'spec.namespaces'],
  ],
  ['Subnet', { status: { v4availableIPs: 2 ** 70 } }, []],
  ['ProviderNetwork', { spec: { defaultInterface: 'a/b' } }, ['spec.defaultInterface']],
  ['ProviderNetwork', { spec: { defaultInterface: 'abcdefghijklmnop' } }, ['spec.defaultInterface']],
])('finds in %s %j the faults at %j', (kind, object, fields) => {
  expect(schemaCauses(schemaOf(kind), object).map(({ field }) => field)).toEqual(fields);
});
