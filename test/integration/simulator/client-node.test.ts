import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type ClosableKubeClient,
  createKubeClient,
} from '../../../packages/k8s-adapter/src/client/client-node.ts';
import { kubeTypes } from '../../../packages/k8s-adapter/src/manifest/kube-types.ts';
import { kubeconfigFor } from '../../../packages/k8s-adapter/src/simulator/start-simulator.ts';
import { clusterRef, errorOf, whole } from '../../support/kube-client-contract-bench.ts';
import { answerJson, type ScriptedServer, startScriptedServer, statusObject } from './scripted-server.ts';

/** What the client does with servers that no simulator plays. */

const { Subnet, Vpc } = kubeTypes;

let server: ScriptedServer;
let client: ClosableKubeClient;

beforeEach(async () => {
  server = await startScriptedServer();
  client = server.connect();
});

afterEach(() => server.stop());

const page = (names: readonly string[], metadata: object) => ({
  metadata,
  items: names.map((name) => ({ metadata: { name } })),
});

describe('requests', () => {
  test('say who they come from, and how the server is to validate', async () => {
    await client.create(Vpc, whole(Vpc, { metadata: { name: 'a' } }));
    await client.apply(Vpc, whole(Vpc, { metadata: { name: 'a' } }));
    await client.mergePatch(Vpc, clusterRef('a'), { metadata: {} });
    const query = 'fieldManager=netplane&fieldValidation=Strict';
    expect(server.seen.map(({ method, path, headers }) => [method, path, headers['content-type']])).toEqual([
      ['POST', `/apis/kubeovn.io/v1/vpcs?${query}`, 'application/json'],
      ['PATCH', `/apis/kubeovn.io/v1/vpcs/a?${query}&force=true`, 'application/apply-patch+yaml'],
      ['PATCH', `/apis/kubeovn.io/v1/vpcs/a?${query}`, 'application/merge-patch+json'],
    ]);
    expect(server.seen[0]?.headers).toMatchObject({
      authorization: 'Bearer simulator',
      'user-agent': 'netplane',
    });
  });

  test('delete one object by its uid, with a body that is framed', async () => {
    await client.delete(Vpc, clusterRef('a'), 'the-uid');
    expect(server.seen[0]?.headers['content-length']).toBe(String(server.seen[0]?.body.length));
    expect(JSON.parse(server.seen[0]?.body ?? '')).toEqual({
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      preconditions: { uid: 'the-uid' },
      propagationPolicy: 'Background',
    });
  });

  test('share kept-alive connections, no more than allowed', async () => {
    for (let index = 0; index < 5; index += 1) await client.get(Vpc, clusterRef('a'));
    expect(server.connections()).toBe(1);
    const bounded = server.connect({ maxSockets: 3 });
    await Promise.all(Array.from({ length: 30 }, () => bounded.get(Vpc, clusterRef('a'))));
    expect(server.connections()).toBe(4);
  });

  test('go again on another connection when the server had closed the kept one', async () => {
    await client.get(Vpc, clusterRef('a'));
    let cut = false;
    const usual = server.answer;
    server.answer = (request, response) => {
      if (cut) return usual(request, response);
      cut = true;
      response.socket?.destroy();
    };
    expect(await client.get(Vpc, clusterRef('a'))).toBeDefined();
    cut = false;
    const error = await errorOf(client.create(Vpc, whole(Vpc, { metadata: { name: 'a' } })));
    expect(error.reason).toBe('Unreachable'); // it may have been done
  });
});

describe('answers', () => {
  test('that are a 404 of the object are undefined, any other 404 is an error', async () => {
    server.answer = (_seen, response) =>
      answerJson(response, 404, statusObject(404, 'NotFound', { name: 'a', kind: 'vpcs' }));
    expect(await client.get(Vpc, clusterRef('a'))).toBeUndefined();
    expect(await client.delete(Vpc, clusterRef('a'), 'uid')).toBe(false);
    expect((await errorOf(client.get(Vpc, clusterRef('b')))).reason).toBe('NotFound');
    server.answer = (_seen, response) => response.writeHead(404).end('404 page not found');
    expect((await errorOf(client.get(Vpc, clusterRef('a')))).reason).toBe('NotFound');
    expect((await errorOf(client.delete(Vpc, clusterRef('a'), 'uid'))).reason).toBe('NotFound');
  });

  test('may hold counts beyond 2^53', async () => {
    server.answer = (_seen, response) => {
      response.end('{"metadata":{"name":"a"},"status":{"v6availableIPs":18446744073709551614}}');
    };
    const subnet = await client.get(Subnet, clusterRef('a'));
    expect(subnet?.status?.v6availableIPs).toBeGreaterThan(2 ** 53);
  });

  test.each([
    ['no JSON', 'text', 'InvalidResponse'],
    ['no object', '{"kind":"Status"}', 'InvalidResponse'],
  ])('that are %s are an error', async (_what, body, reason) => {
    server.answer = (_seen, response) => response.end(body);
    expect((await errorOf(client.get(Vpc, clusterRef('a')))).reason).toBe(reason);
  });

  test('longer than allowed are cut off', async () => {
    const bounded = server.connect({ maxResponseBytes: 1_000 });
    server.answer = (_seen, response) =>
      response.end(JSON.stringify({ metadata: { name: 'x'.repeat(2_000) } }));
    expect((await errorOf(bounded.get(Vpc, clusterRef('a')))).reason).toBe('ResponseTooLarge');
  });

  test('that do not come, or do not end, are a timeout', async () => {
    server.answer = () => {};
    expect((await errorOf(client.get(Vpc, clusterRef('a'), { timeoutMs: 50 }))).reason).toBe('Timeout');
    server.answer = (_seen, response) => response.write('{"metadata":');
    expect((await errorOf(client.get(Vpc, clusterRef('a'), { timeoutMs: 50 }))).reason).toBe('Timeout');
  });

  test('cannot come from a server that is not there', async () => {
    const nowhere = createKubeClient({ kubeconfig: kubeconfigFor('http://127.0.0.1:1') });
    const error = await errorOf(nowhere.get(Vpc, clusterRef('a')));
    expect([error.status, error.reason]).toEqual([0, 'Unreachable']);
    nowhere.close();
  });
});

describe('lists', () => {
  test('start again once when the snapshot expires between two pages', async () => {
    let expiries = 1;
    server.answer = ({ path }, response) => {
      if (!path.includes('continue='))
        return answerJson(response, 200, page(['a'], { resourceVersion: '7', continue: 'c' }));
      if (expiries > 0) {
        expiries -= 1;
        return answerJson(response, 410, statusObject(410, 'Expired'));
      }
      return answerJson(response, 200, page(['b'], { resourceVersion: '7' }));
    };
    const { items, resourceVersion } = await client.list(Vpc);
    expect([items.map(({ metadata }) => metadata.name), resourceVersion]).toEqual([['a', 'b'], '7']);
    expiries = 2;
    expect((await errorOf(client.list(Vpc))).reason).toBe('Expired');
  });
});
