import { expect, test } from 'vitest';
import type { SubnetSpec } from '../../manifest/generated/kube-ovn.ts';
import { asSimObject } from '../sim-object.ts';
import { defaultSettings } from './cluster-view.ts';
import { cidrsOverlap, formatSubnet, subnetFault } from './subnet-format.ts';

const subnet = asSimObject({ apiVersion: 'kubeovn.io/v1', kind: 'Subnet', metadata: { name: 's' } });
const format = (spec: SubnetSpec) => formatSubnet(subnet, spec, defaultSettings);

test('writes CIDR, gateway and excluded addresses as Kube-OVN does', () => {
  const excludeIps = ['10.1.0.15..10.1.0.30', '10.1.0.10..10.1.0.20', '10.1.0.40', '10.1.0.41'];
  expect(format({ vpc: 'v', cidrBlock: '10.1.0.5/24', excludeIps })).toMatchObject({
    cidrBlock: '10.1.0.0/24',
    gateway: '10.1.0.1',
    excludeIps: ['10.1.0.1', '10.1.0.10..10.1.0.30', '10.1.0.40', '10.1.0.41'],
    enableLb: true,
  });
});

test('does not add a gateway that lies in an excluded range', () => {
  const spec = { vpc: 'v', cidrBlock: '10.1.0.0/24', excludeIps: ['10.1.0.1..10.1.0.9'] };
  expect(format(spec)).toMatchObject({ excludeIps: ['10.1.0.1..10.1.0.9'] });
});

test('fills the gateway type in the default VPC only', () => {
  expect(format({ cidrBlock: '10.1.0.0/24' })).toMatchObject({
    vpc: 'ovn-cluster',
    gatewayType: 'distributed',
  });
  expect(format({ vpc: 'v', cidrBlock: '10.1.0.0/24' })).not.toHaveProperty('gatewayType');
});

test('is the same the second time', () => {
  const once = format({ cidrBlock: '10.1.0.5/24', excludeIps: ['10.1.0.9..10.1.0.20', '10.1.0.3'] });
  expect(once === undefined ? undefined : format(once)).toEqual(once);
});

test.each(['', 'text', '10.0.0.0', 'fd00::/64'])('gives up on the CIDR %j', (cidrBlock) => {
  expect(format({ cidrBlock })).toBeUndefined();
});

test.each([
  [{ gateway: '10.6.0.1' }, 'gateway 10.6.0.1 is not in cidr 10.5.0.0/24'],
  [{ gateway: '10.5.0.0' }, 'network'],
  [{ gateway: '10.5.0.255' }, 'broadcast'],
  [{ excludeIps: ['10.5.0.9..10.5.0.3'] }, 'excludeIps'],
  [{ vpc: 's' }, 'cannot have the same name'],
  [{ allowSubnets: ['nothing'] }, 'allowSubnets'],
  [{ gatewayType: 'odd' }, 'gateway type'],
])('finds the fault of %j', (spec, fault) => {
  expect(subnetFault('s', { cidrBlock: '10.5.0.0/24', gateway: '10.5.0.1', ...spec })).toContain(fault);
});

test.each([
  ['10.0.0.0/24', '10.0.0.128/25', true],
  ['10.0.0.0/24', '10.0.1.0/24', false],
  ['10.0.0.0/8', '10.255.0.0/16', true],
  ['10.0.0.0/24', 'text', false],
])('%s and %s overlap: %s', (a, b, overlap) => {
  expect(cidrsOverlap(a, b)).toBe(overlap);
});
