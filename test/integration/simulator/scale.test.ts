import { expect, test } from 'vitest';
import type { KubeClient } from '../../../packages/k8s-adapter/src/client/kube-client.ts';
import { kubeTypes } from '../../../packages/k8s-adapter/src/manifest/kube-types.ts';
import { createSteppedScheduler } from '../../../packages/k8s-adapter/src/simulator/controllers/scheduler.ts';
import { createInProcessClient } from '../../../packages/k8s-adapter/src/simulator/in-process-client.ts';
import { createSimulator } from '../../../packages/k8s-adapter/src/simulator/simulator.ts';

const { OvnEip, ProviderNetwork, Subnet, Vlan, Vpc } = kubeTypes;
const kubeOvn = 'kubeovn.io/v1';

/** Milliseconds to create this many EIPs and bring them to ready, on a cluster that has many already. */
async function createEips(
  client: KubeClient,
  run: { from: number; count: number; settle: () => Promise<void> },
) {
  const start = performance.now();
  for (let index = run.from; index < run.from + run.count; index += 1) {
    const address = `100.${64 + Math.floor(index / 65_000)}.${Math.floor(index / 250) % 256}.${1 + (index % 250)}`;
    const spec = { externalSubnet: 'ext', v4Ip: address, type: 'nat' };
    await client.create(OvnEip, {
      apiVersion: kubeOvn,
      kind: 'OvnEip',
      metadata: { name: `e${index}` },
      spec,
    });
  }
  await run.settle();
  return performance.now() - start;
}

test('the ten-thousandth EIP costs no more than the first', { timeout: 120_000 }, async () => {
  const simulator = createSimulator({ controllerDelayMs: 1 });
  const client = createInProcessClient(simulator);
  const settle = () => simulator.knobs.settled();
  const network = { metadata: { name: 'p' }, spec: { defaultInterface: 'eth1' } };
  await client.create(ProviderNetwork, { apiVersion: kubeOvn, kind: 'ProviderNetwork', ...network });
  const vlan = { metadata: { name: 'l' }, spec: { id: 1, provider: 'p' } };
  await client.create(Vlan, { apiVersion: kubeOvn, kind: 'Vlan', ...vlan });
  const subnet = { metadata: { name: 'ext' }, spec: { vlan: 'l', cidrBlock: '100.64.0.0/10' } };
  await client.create(Subnet, { apiVersion: kubeOvn, kind: 'Subnet', ...subnet });
  await settle();

  await createEips(client, { from: 0, count: 1_000, settle }); // warms up
  const early = await createEips(client, { from: 1_000, count: 1_000, settle });
  await createEips(client, { from: 2_000, count: 7_000, settle });
  const late = await createEips(client, { from: 9_000, count: 1_000, settle });
  expect(late).toBeLessThan(early * 3 + 200);

  const { items } = await client.list(OvnEip, { labelSelector: 'ovn.kubernetes.io/subnet=ext' });
  expect(items.filter(({ status }) => status?.ready === true)).toHaveLength(10_000);
  expect((await client.get(Subnet, { namespace: null, name: 'ext' }))?.status).toMatchObject({
    v4usingIPs: 10_000,
  });
  simulator.close();
});

test("five hundred projects come up within a second of the controllers' time", {
  timeout: 120_000,
}, async () => {
  const scheduler = createSteppedScheduler();
  const simulator = createSimulator({ controllerDelayMs: 10, scheduler });
  const client = createInProcessClient(simulator);
  for (let index = 0; index < 500; index += 1) {
    const metadata = { name: `v${index}` };
    const spec = { namespaces: [`n${index}`] };
    await client.create(Vpc, { apiVersion: kubeOvn, kind: 'Vpc', metadata, spec });
    const subnet = { vpc: `v${index}`, cidrBlock: '10.0.0.0/24', namespaces: [`n${index}`] };
    const name = { name: `s${index}` };
    await client.create(Subnet, { apiVersion: kubeOvn, kind: 'Subnet', metadata: name, spec: subnet });
  }
  scheduler.advance(1_000);
  const { items } = await client.list(Subnet);
  const ready = items.filter(({ status }) =>
    JSON.stringify(status?.conditions ?? []).includes('"type":"Ready","status":"True"'),
  );
  expect(ready).toHaveLength(502);
  simulator.close();
});
