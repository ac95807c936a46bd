/**
 * The behaviour that every implementation of `KubeClient` has, with the cluster behind it: the simulator in-process,
 * the simulator over HTTP, a real kube-apiserver with the real kube-ovn-controller. Only what the real ones do is
 * tested; where the simulator must do it too, the simulator cannot drift.
 *
 * Tests use the interface only, names of their own, and wait for conditions with a limit.
 */
import { afterAll, beforeAll, describe } from 'vitest';
import { describeApply } from './kube-client-contract-apply.ts';
import { type Bench, type ContractCluster, createBench } from './kube-client-contract-bench.ts';
import { describeCrds } from './kube-client-contract-crds.ts';
import { describeKubeOvn } from './kube-client-contract-kube-ovn.ts';
import { describeReads } from './kube-client-contract-reads.ts';
import { describeWatch } from './kube-client-contract-watch.ts';
import { describeWrites } from './kube-client-contract-writes.ts';

export type { ContractCluster } from './kube-client-contract-bench.ts';

/** Longest that one test, or the clean-up, may take. */
const LIMIT_MS = 180_000;

/**
 * Declares the suite for one cluster. `open` is called once, before the first test; what it answers is closed after
 * the last. Where Kube-OVN's CRDs and controllers are missing, say `kubeOvn: false`: their tests are skipped.
 */
export function describeKubeClientContract(
  name: string,
  open: () => Promise<ContractCluster>,
  { kubeOvn = true }: { readonly kubeOvn?: boolean } = {},
): void {
  describe(`KubeClient contract: ${name}`, { timeout: LIMIT_MS }, () => {
    let cluster: ContractCluster | undefined;
    let bench: Bench | undefined;

    const opened = (): Bench => {
      if (bench === undefined) throw new Error('the cluster was not opened');
      return bench;
    };

    beforeAll(async () => {
      cluster = await open();
      bench = createBench(cluster);
    }, LIMIT_MS);

    afterAll(async () => {
      await bench?.cleanUp();
      await cluster?.close();
    }, LIMIT_MS);

    describe('reads', () => describeReads(opened));
    describe('writes', () => describeWrites(opened));
    describe('apply', () => describeApply(opened));
    describe('watch', () => describeWatch(opened));
    describe.skipIf(!kubeOvn)('kinds of Kube-OVN', () => describeCrds(opened));
    describe.skipIf(!kubeOvn)('Kube-OVN', () => describeKubeOvn(opened));
  });
}
