import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type ClosableKubeClient,
  createKubeClient,
} from '../../../packages/k8s-adapter/src/client/client-node.ts';
import type { KubeClient } from '../../../packages/k8s-adapter/src/client/kube-client.ts';
import type { KubeWatchEvent } from '../../../packages/k8s-adapter/src/client/kube-object.ts';
import { kubeTypes } from '../../../packages/k8s-adapter/src/manifest/kube-types.ts';
import { createInProcessClient } from '../../../packages/k8s-adapter/src/simulator/in-process-client.ts';
import {
  type RunningSimulator,
  startSimulator,
} from '../../../packages/k8s-adapter/src/simulator/start-simulator.ts';
import { clusterRef, createBench, errorOf } from '../../support/kube-client-contract-bench.ts';

const { ConfigMap, Namespace, Vpc } = kubeTypes;
const ref = { namespace: 'default', name: 'a' };
const configMap = (name: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
});

let running: RunningSimulator;
let http: ClosableKubeClient;
let inProcess: KubeClient;

beforeEach(async () => {
  running = await startSimulator({ controllerDelayMs: 1, retryMinMs: 5, retryMaxMs: 50 });
  http = createKubeClient({ kubeconfig: running.kubeconfig });
  inProcess = createInProcessClient(running.simulator);
});

afterEach(async () => {
  http.close();
  await running.stop();
});

/** Turns a knob over HTTP. */
async function turn(knob: string, body: object = {}): Promise<Record<string, unknown>> {
  const init = { method: 'POST', body: JSON.stringify(body) };
  const response = await fetch(`${running.url}/simulator/${knob}`, init);
  const answer: Record<string, unknown> = JSON.parse(await response.text());
  if (!response.ok) throw new Error(String(answer.message));
  return answer;
}

const clients = (): readonly KubeClient[] => [http, inProcess];

describe('faults', () => {
  test('answer matching requests with a status, as often as asked', async () => {
    for (const client of clients()) {
      await turn('faults', { verb: 'get', kind: 'ConfigMap', count: 2, status: 500 });
      await client.get(Namespace, clusterRef('default'));
      await client.list(ConfigMap);
      expect((await errorOf(client.get(ConfigMap, ref))).status).toBe(500);
      expect((await errorOf(client.get(ConfigMap, ref))).status).toBe(500);
      expect(await client.get(ConfigMap, ref)).toBeUndefined();
    }
  });

  test('carry Retry-After', async () => {
    for (const client of clients()) {
      await turn('faults', { status: 429, retryAfterSeconds: 7 });
      const error = await errorOf(client.get(ConfigMap, ref));
      expect([error.status, error.reason, error.retryAfterSeconds]).toEqual([429, 'TooManyRequests', 7]);
    }
  });

  test('make a conflict of an apply', async () => {
    for (const client of clients()) {
      await turn('faults', { verb: 'apply', status: 409 });
      expect((await errorOf(client.apply(ConfigMap, configMap('a')))).reason).toBe('Conflict');
      expect(await client.get(ConfigMap, ref)).toBeUndefined();
    }
  });

  test('make a request slow, until its time is over', async () => {
    for (const client of clients()) {
      await turn('faults', { verb: 'get', delayMs: 60_000, count: 2 });
      expect((await errorOf(client.get(ConfigMap, ref, { timeoutMs: 30 }))).reason).toBe('Timeout');
      const abort = new AbortController();
      const call = errorOf(client.get(ConfigMap, ref, { signal: abort.signal }));
      abort.abort();
      expect((await call).reason).toBe('Aborted');
    }
  });

  test('drop the connection before the write is done, or after', async () => {
    for (const [index, client] of clients().entries()) {
      const name = `dropped${index}`;
      const place = { namespace: 'default', name };
      await turn('faults', { verb: 'create', dropConnection: 'before' });
      expect((await errorOf(client.create(ConfigMap, configMap(name)))).reason).toBe('Unreachable');
      expect(await client.get(ConfigMap, place)).toBeUndefined();
      await turn('faults', { verb: 'create', name: undefined, dropConnection: 'after' });
      expect((await errorOf(client.create(ConfigMap, configMap(name)))).reason).toBe('Unreachable');
      expect(await client.get(ConfigMap, place)).toBeDefined();
    }
  });

  test('are cleared, and checked', async () => {
    await turn('faults', { status: 500, count: 100 });
    await turn('faults/clear');
    expect(await http.get(ConfigMap, ref)).toBeUndefined();
    await expect(turn('faults', { stauts: 500 })).rejects.toThrow(/no stauts/);
    await expect(turn('faults', { verb: 'destroy' })).rejects.toThrow(/verb is one of/);
    await expect(turn('nothing')).rejects.toThrow(/there is no knob nothing/);
  });
});

describe('watches', () => {
  const open = async (client: KubeClient, timeoutSeconds = 60) => {
    const { resourceVersion } = await client.list(ConfigMap);
    return client.watch(ConfigMap, { resourceVersion, timeoutSeconds });
  };
  const typesOf = async (watch: AsyncIterable<KubeWatchEvent>) => {
    const types: string[] = [];
    for await (const { type } of watch) types.push(type);
    return types;
  };
  /** Resolves when the simulator has this many watches: a watch opens when it is first asked for an event. */
  const untilOpen = async (count: number): Promise<void> => {
    while (running.simulator.watches.size < count) await new Promise((resolve) => setImmediate(resolve));
  };

  test('are closed, and end as if their time was over', async () => {
    for (const client of clients()) {
      const seen = typesOf(await open(client));
      await untilOpen(1);
      await turn('watches/close');
      expect(await seen).toEqual([]);
    }
  });

  test('are answered 410', async () => {
    for (const client of clients()) {
      await turn('watches/expire', { count: 1 });
      expect((await errorOf(typesOf(await open(client)))).reason).toBe('Expired');
      expect(await typesOf(await open(client, 1))).toEqual(['BOOKMARK']);
    }
  });

  test('go silent, and those that come later speak again', async () => {
    for (const [index, client] of clients().entries()) {
      const silent = typesOf(await open(client, 2));
      await untilOpen(1);
      await turn('watches/silence', { on: true });
      await turn('watches/silence', { on: false });
      const speaking = typesOf(await open(client, 1));
      await untilOpen(2);
      await client.create(ConfigMap, configMap(`silence${index}`));
      expect(await speaking).toEqual(['ADDED', 'BOOKMARK']);
      expect(await silent).toEqual([]);
    }
  });

  test('leave no socket behind when their consumer has enough', async () => {
    for (const client of clients()) {
      const watch = await open(client);
      const first = (async () => {
        for await (const event of watch) return event.type;
        return 'none';
      })();
      await untilOpen(1);
      await client.create(ConfigMap, configMap(`enough${clients().indexOf(client)}`));
      expect(await first).toBe('ADDED');
      while (running.simulator.watches.size > 0) await new Promise((resolve) => setImmediate(resolve));
    }
  });
});

describe('the cluster', () => {
  const system = clusterRef('kube-system');

  test('comes back empty with the identity it had', async () => {
    const before = await http.get(Namespace, system);
    await http.create(ConfigMap, configMap('a'));
    const { resourceVersion } = await http.list(ConfigMap);
    await turn('lose-objects');
    expect(await http.get(ConfigMap, ref)).toBeUndefined();
    expect((await http.get(Namespace, system))?.metadata.uid).toBe(before?.metadata.uid);
    await turn('settled');
    expect((await http.get(Vpc, clusterRef('ovn-cluster')))?.status).toMatchObject({ standby: true });
    const watch = http.watch(ConfigMap, { resourceVersion, timeoutSeconds: 5 });
    expect((await errorOf(watch[Symbol.asyncIterator]().next())).reason).toBe('Expired');
  });

  test('becomes another one', async () => {
    const before = await http.get(Namespace, system);
    const { uid } = await turn('change-identity');
    expect(uid).not.toBe(before?.metadata.uid);
    expect((await http.get(Namespace, system))?.metadata.uid).toBe(uid);
  });

  test('counts requests by verb and kind, its own writes not', async () => {
    await turn('ledger/reset');
    await http.create(ConfigMap, configMap('a'));
    await http.get(ConfigMap, ref);
    await inProcess.get(ConfigMap, ref);
    await http.list(Vpc);
    const ledger = await turn('ledger');
    expect(ledger).toMatchObject({ total: 4 });
    expect(ledger.counts).toEqual({ 'create ConfigMap': 1, 'get ConfigMap': 2, 'list Vpc': 1 });
    expect(running.simulator.ledger.count('get', 'ConfigMap')).toBe(2);
  });
});

describe('controllers', () => {
  const vpc = (name: string) => ({ apiVersion: 'kubeovn.io/v1', kind: 'Vpc', metadata: { name }, spec: {} });

  test('stop, and catch up when they start again', async () => {
    await turn('controllers', { running: false });
    await http.create(Vpc, vpc('v'));
    await turn('settled');
    expect((await http.get(Vpc, clusterRef('v')))?.status).toBeUndefined();
    await turn('controllers', { running: true });
    await turn('settled');
    expect((await http.get(Vpc, clusterRef('v')))?.status).toMatchObject({ standby: true });
  });

  test('take their time', async () => {
    await turn('controllers', { delayMs: 60_000 });
    await http.create(Vpc, vpc('slow'));
    expect((await http.get(Vpc, clusterRef('slow')))?.metadata.finalizers).toBeUndefined();
    await turn('controllers', { delayMs: 1 });
    await http.create(Vpc, vpc('quick'));
    const bench = createBench({ client: http, close: async () => {} });
    await bench.until(Vpc, clusterRef('quick'), ({ status }) => status?.standby === true);
    expect((await http.get(Vpc, clusterRef('slow')))?.metadata.finalizers).toBeUndefined();
  });
});
