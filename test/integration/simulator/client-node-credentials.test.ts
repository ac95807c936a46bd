import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createKubeClient } from '../../../packages/k8s-adapter/src/client/client-node.ts';
import { kubeTypes } from '../../../packages/k8s-adapter/src/manifest/kube-types.ts';
import { kubeconfigFor } from '../../../packages/k8s-adapter/src/simulator/start-simulator.ts';
import { clusterRef, errorOf } from '../../support/kube-client-contract-bench.ts';
import { answerJson, type ScriptedServer, startScriptedServer, statusObject } from './scripted-server.ts';

const { Vpc } = kubeTypes;

let server: ScriptedServer;

beforeEach(async () => {
  server = await startScriptedServer();
});

afterEach(() => server.stop());

describe('credentials', () => {
  let directory: string;
  let now: number;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'kubeconfig-'));
    now = 0;
  });

  afterEach(() => {
    vi.useRealTimers();
    rmSync(directory, { recursive: true });
  });

  const write = (name: string, text: string, at: number): string => {
    const path = join(directory, name);
    writeFileSync(path, text);
    utimesSync(path, at, at);
    return path;
  };
  const configWith = (user: object) => {
    const config = JSON.parse(kubeconfigFor(server.url));
    return JSON.stringify({ ...config, users: [{ name: 'netplane', user }] });
  };
  const tokens = () => server.seen.map(({ headers }) => headers.authorization);

  test('follow a kubeconfig that changes on disk', async () => {
    const kubeconfigPath = write('config', configWith({ token: 'one' }), 1);
    const reading = createKubeClient({ kubeconfigPath, monotonicNow: () => now });
    await reading.get(Vpc, clusterRef('a'));
    write('config', configWith({ token: 'two' }), 2);
    await reading.get(Vpc, clusterRef('a'));
    now = 11_000;
    await reading.get(Vpc, clusterRef('a'));
    reading.close();
    expect(tokens()).toEqual(['Bearer one', 'Bearer one', 'Bearer two']);
  });

  test('follow a token file that rotates', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const tokenFile = write('token', 'one\n', 1);
    const user = { 'auth-provider': { name: 'tokenFile', config: { tokenFile } } };
    const reading = createKubeClient({
      kubeconfigPath: write('config', configWith(user), 1),
      monotonicNow: () => now,
    });
    await reading.get(Vpc, clusterRef('a'));
    write('token', 'two\n', 2);
    vi.setSystemTime(Date.now() + 61_000);
    now = 61_000;
    await reading.get(Vpc, clusterRef('a'));
    reading.close();
    expect(tokens()).toEqual(['Bearer one', 'Bearer two']);
  });

  test('are asked for again after a 401', async () => {
    const kubeconfigPath = write('config', configWith({ token: 'old' }), 1);
    const reading = createKubeClient({ kubeconfigPath, monotonicNow: () => now });
    const usual = server.answer;
    server.answer = (_seen, response) => answerJson(response, 401, statusObject(401, 'Unauthorized'));
    expect((await errorOf(reading.get(Vpc, clusterRef('a')))).reason).toBe('Unauthorized');
    write('config', configWith({ token: 'new' }), 2);
    server.answer = usual;
    await reading.get(Vpc, clusterRef('a'));
    reading.close();
    expect(tokens()).toEqual(['Bearer old', 'Bearer new']);
  });

  test('are needed, and a context that exists', () => {
    expect(() => createKubeClient({})).toThrow(/kubeconfigPath/);
    expect(() => server.connect({ context: 'other' })).toThrow(/no cluster for context other/);
  });
});
