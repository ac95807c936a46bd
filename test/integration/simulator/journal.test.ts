import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { isDeepStrictEqual } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type ClosableKubeClient,
  createKubeClient,
} from '../../../packages/k8s-adapter/src/client/client-node.ts';
import { isKubeError } from '../../../packages/k8s-adapter/src/client/kube-error.ts';
import type { KubeObject } from '../../../packages/k8s-adapter/src/client/kube-object.ts';
import { kubeTypes } from '../../../packages/k8s-adapter/src/manifest/kube-types.ts';
import { createInProcessClient } from '../../../packages/k8s-adapter/src/simulator/in-process-client.ts';
import { createSimulator } from '../../../packages/k8s-adapter/src/simulator/simulator.ts';
import { kubeconfigFor } from '../../../packages/k8s-adapter/src/simulator/start-simulator.ts';

const { ConfigMap, Namespace, OvnEip, Subnet } = kubeTypes;
const MAIN = new URL('../../../packages/k8s-adapter/src/simulator/main.ts', import.meta.url);

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'simulator-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

describe('a simulator with a directory', () => {
  const journal = () => join(directory, 'objects.jsonl');

  /** A simulator on the directory for the time of one function. */
  const within = async <T>(
    work: (client: ReturnType<typeof createInProcessClient>) => Promise<T>,
  ): Promise<T> => {
    const simulator = createSimulator({ directory, controllerDelayMs: 1 });
    try {
      await simulator.knobs.settled();
      return await work(createInProcessClient(simulator));
    } finally {
      simulator.close();
    }
  };

  test('has the same objects, uids and resourceVersions the next time', async () => {
    const identity = { namespace: null, name: 'kube-system' };
    const before = await within(async (client) => {
      await client.create(ConfigMap, configMap('a', { a: '1' }));
      await client.apply(ConfigMap, configMap('a', { b: '2' }));
      const { items, resourceVersion } = await client.list(ConfigMap);
      return { items, resourceVersion, system: await client.get(Namespace, identity) };
    });
    await within(async (client) => {
      expect((await client.list(ConfigMap)).items).toEqual(before.items);
      expect(await client.get(Namespace, identity)).toEqual(before.system);
      const next = await client.create(ConfigMap, configMap('b', {}));
      expect(Number(next.metadata.resourceVersion)).toBeGreaterThan(Number(before.resourceVersion));
    });
  });

  test('remembers who owns which field', async () => {
    await within(async (client) => {
      await client.create(ConfigMap, configMap('a', { posted: '1' }));
      await client.apply(ConfigMap, configMap('a', { applied: '1' }));
    });
    await within(async (client) => {
      const applied = await client.apply(ConfigMap, configMap('a', {}));
      expect(applied.data).toEqual({ posted: '1' });
    });
  });

  test('forgets what was deleted', async () => {
    await within(async (client) => {
      const created = await client.create(ConfigMap, configMap('a', {}));
      await client.delete(ConfigMap, { namespace: 'default', name: 'a' }, created.metadata.uid ?? '');
    });
    await within(async (client) => expect((await client.list(ConfigMap)).items).toEqual([]));
  });

  test('answers 410 to a watch from before its start', async () => {
    const { resourceVersion } = await within((client) => client.list(ConfigMap));
    await within(async (client) => {
      await client.create(ConfigMap, configMap('a', {}));
      const old = String(Number(resourceVersion) - 1);
      const watch = client.watch(ConfigMap, { resourceVersion: old, timeoutSeconds: 5 });
      const reason = await watch[Symbol.asyncIterator]()
        .next()
        .catch((error: unknown) => (isKubeError(error) ? error.reason : error));
      expect(reason).toBe('Expired');
    });
  });

  test('drops a last line that was cut short, and nothing else', async () => {
    await within((client) => client.create(ConfigMap, configMap('whole', {})));
    await within(async () => {}); // rewritten at its start: every object once
    const size = statSync(journal()).size;
    await within((client) => client.create(ConfigMap, configMap('torn', { a: 'x'.repeat(100) })));
    expect(statSync(journal()).size).toBeGreaterThan(size + 100);
    truncateSync(journal(), statSync(journal()).size - 50);
    const names = async (client: ReturnType<typeof createInProcessClient>) =>
      (await client.list(ConfigMap)).items.map(({ metadata }) => metadata.name);
    await within(async (client) => {
      expect(await names(client)).toEqual(['whole']);
      await client.create(ConfigMap, configMap('after', {}));
    });
    await within(async (client) => expect(await names(client)).toEqual(['after', 'whole']));
  });

  test('refuses a journal that is damaged in its middle', async () => {
    await within((client) => client.create(ConfigMap, configMap('a', {})));
    const text = readFileSync(journal(), 'utf8').split('\n');
    text[5] = '{broken';
    truncateSync(journal(), 0);
    appendFileSync(journal(), text.join('\n'));
    expect(() => createSimulator({ directory })).toThrow(/objects\.jsonl:6 is damaged/);
  });

  test('goes on with what its controllers had not finished', async () => {
    const eip = { metadata: { name: 'e' }, spec: { externalSubnet: 'later', v4Ip: '192.0.2.9' } };
    await within((client) => client.create(OvnEip, { apiVersion: 'kubeovn.io/v1', kind: 'OvnEip', ...eip }));
    await within(async (client) => {
      const spec = { cidrBlock: '192.0.2.0/24' };
      const subnet = { apiVersion: 'kubeovn.io/v1', kind: 'Subnet', metadata: { name: 'later' }, spec };
      const { resourceVersion } = await client.list(OvnEip);
      await client.create(Subnet, subnet);
      for await (const event of client.watch(OvnEip, { resourceVersion, timeoutSeconds: 10 })) {
        if (event.type === 'MODIFIED' && event.object.status?.ready === true) return;
      }
      throw new Error('the EIP never became ready');
    });
  });
});

describe('a simulator killed with SIGKILL in the middle of writes', () => {
  test('loses nothing that it had answered', { timeout: 120_000 }, async () => {
    const answered: Answered = new Map();
    for (let round = 0; round < 5; round += 1) {
      const { child, client } = await startProcess(directory);
      try {
        await expectAll(client, answered);
        await writeUntilKilled({ client, child, round, answered });
      } finally {
        client.close();
        child.kill('SIGKILL');
      }
    }
    const { child, client } = await startProcess(directory);
    try {
      expect(answered.size).toBeGreaterThan(100);
      await expectAll(client, answered);
    } finally {
      client.close();
      child.kill('SIGTERM');
      expect(await once(child, 'exit')).toEqual([0, null]);
    }
  });
});

function configMap(name: string, data: Record<string, string>): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data };
}

async function startProcess(
  directory: string,
): Promise<{ readonly child: ChildProcess; readonly client: ClosableKubeClient }> {
  const child = spawn(process.execPath, [MAIN.pathname, '--directory', directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (child.stdout === null) throw new Error('the simulator has no output');
  const [line] = await once(createInterface(child.stdout), 'line');
  const { url }: { url: string } = JSON.parse(line);
  return { child, client: createKubeClient({ kubeconfig: kubeconfigFor(url) }) };
}

/** Objects as they were last answered; `undefined` for deleted ones. What is under way is not in it. */
type Answered = Map<string, { readonly uid: string; readonly data: Record<string, string> } | undefined>;

/** Creates, changes and deletes objects from several sides at once; kills the process after a number of answers. */
async function writeUntilKilled(run: {
  readonly client: ClosableKubeClient;
  readonly child: ChildProcess;
  readonly round: number;
  readonly answered: Answered;
}): Promise<void> {
  const { client, child, round, answered } = run;
  const exited = once(child, 'exit');
  let left = 150 + round * 17;
  const answer = (name: string, state: ReturnType<Answered['get']>): void => {
    answered.set(name, state);
    left -= 1;
    if (left === 0) child.kill('SIGKILL');
  };
  const write = async (side: number): Promise<void> => {
    for (let index = 0; ; index += 1) {
      const name = `r${round}-s${side}-${index}`;
      const { metadata } = await client.create(ConfigMap, configMap(name, { first: '1' }));
      const uid = metadata.uid ?? '';
      answer(name, { uid, data: { first: '1' } });
      answered.delete(name);
      await client.apply(ConfigMap, configMap(name, { second: '2' }));
      answer(name, { uid, data: { first: '1', second: '2' } });
      if (index % 3 > 0) continue;
      answered.delete(name);
      await client.delete(ConfigMap, { namespace: 'default', name }, uid);
      answer(name, undefined);
    }
  };
  const ends = await Promise.allSettled([1, 2, 3, 4].map(write));
  for (const end of ends) {
    if (end.status === 'rejected' && !isKubeError(end.reason, 'Unreachable')) throw end.reason;
  }
  await exited;
}

async function expectAll(client: ClosableKubeClient, answered: Answered): Promise<void> {
  const { items } = await client.list(ConfigMap, { namespace: 'default' });
  const found: Answered = new Map(
    items.map(({ metadata, data }) => [metadata.name, { uid: metadata.uid ?? '', data: { ...data } }]),
  );
  const lost = [...answered].filter(([name, state]) => !isDeepStrictEqual(found.get(name), state));
  expect(lost).toEqual([]);
}
