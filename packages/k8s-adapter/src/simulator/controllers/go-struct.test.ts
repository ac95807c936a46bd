import { expect, test } from 'vitest';
import { ovnEipSpecStruct, subnetSpecStruct, throughGo, vpcSpecStruct } from './go-struct.ts';

test('fills fields without omitempty and loses zero values of the others', () => {
  const spec = {
    enableExternal: false,
    defaultSubnet: '',
    namespaces: [],
    staticRoutes: [{ cidr: '0.0.0.0/0', nextHopIP: '10.0.0.1' }],
    policyRoutes: [{ priority: 0, match: 'ip4', action: 'drop', nextHopIP: '' }],
  };
  expect(throughGo(vpcSpecStruct, spec)).toEqual({
    staticRoutes: [{ cidr: '0.0.0.0/0', nextHopIP: '10.0.0.1', ecmpMode: '', bfdId: '', routeTable: '' }],
    policyRoutes: [{ match: 'ip4', action: 'drop' }],
  });
});

test('keeps a pointer to false, and gives an empty struct', () => {
  expect(throughGo(subnetSpecStruct, { enableLb: false, private: true })).toEqual({
    default: false,
    cidrBlock: '',
    gateway: '',
    gatewayNode: '',
    natOutgoing: false,
    private: true,
    u2oFeatures: {},
    enableLb: false,
  });
});

test('is the same the second time', () => {
  const once = throughGo(ovnEipSpecStruct, { v4Ip: '192.0.2.1' });
  expect(throughGo(ovnEipSpecStruct, once)).toEqual(once);
});
