import { beforeAll, describe } from 'vitest';
import type { Bench } from './kube-client-contract-bench.ts';
import { describeEipAddresses, describeEipLives } from './kube-client-contract-kube-ovn-eips.ts';
import { describeNetworks, describeSubnetFaults } from './kube-client-contract-kube-ovn-networks.ts';
import { describeConnections, describeSnatRules } from './kube-client-contract-kube-ovn-outward.ts';
import { describeHeldDeletions, describePods } from './kube-client-contract-kube-ovn-pods.ts';
import {
  createExternalNetwork,
  type ExternalNetwork,
  type KubeOvnBench,
} from './kube-client-contract-kube-ovn-setup.ts';

/** What Kube-OVN 1.16.2 makes of the objects; each sequence was seen on the real controller. */
export function describeKubeOvn(open: () => Bench): void {
  let external: ExternalNetwork | undefined;

  beforeAll(async () => {
    external = await createExternalNetwork(open());
  });

  const opened = (): KubeOvnBench => {
    if (external === undefined) throw new Error('the external network was not created');
    return { bench: open(), external };
  };

  describe('networks', () => describeNetworks(opened));
  describe('faults of Subnets', () => describeSubnetFaults(opened));
  describe('pods', () => describePods(opened));
  describe('connections', () => describeConnections(opened));
  describe('source NAT rules', () => describeSnatRules(opened));
  describe('addresses of EIPs', () => describeEipAddresses(opened));
  describe('lives of EIPs', () => describeEipLives(opened));
  describe('deletion', () => describeHeldDeletions(opened));
}
