import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ClosableKubeClient } from '../../../packages/k8s-adapter/src/client/client-node.ts';
import { kubeTypes } from '../../../packages/k8s-adapter/src/manifest/kube-types.ts';
import { clusterRef, errorOf } from '../../support/kube-client-contract-bench.ts';
import { answerJson, type ScriptedServer, startScriptedServer, statusObject } from './scripted-server.ts';

/** What the client does with servers that no simulator plays. */

const { Vpc } = kubeTypes;

let server: ScriptedServer;
let client: ClosableKubeClient;

beforeEach(async () => {
  server = await startScriptedServer();
  client = server.connect();
});

afterEach(() => server.stop());

describe('watches', () => {
  const watch = (options: { timeoutMs?: number } = {}) =>
    client.watch(Vpc, { resourceVersion: '1', timeoutSeconds: 10, ...options });
  const namesOf = async (events: ReturnType<typeof watch>) => {
    const names: string[] = [];
    for await (const event of events) if (event.type !== 'BOOKMARK') names.push(event.object.metadata.name);
    return names;
  };
  const line = (name: string) => `${JSON.stringify({ type: 'ADDED', object: { metadata: { name } } })}\n`;

  test('read events however the bytes are cut', async () => {
    server.answer = async (_seen, response) => {
      const bytes = Buffer.from(line('ä') + line('b'));
      for (const byte of bytes) {
        response.write(Buffer.from([byte]));
        await new Promise((resolve) => setImmediate(resolve));
      }
      response.end();
    };
    expect(await namesOf(watch())).toEqual(['ä', 'b']);
    expect(server.seen[0]?.path).toContain('allowWatchBookmarks=true');
  });

  test.each([
    ['an ERROR event', JSON.stringify({ type: 'ERROR', object: statusObject(410, 'Expired') }), 'Expired'],
    ['a line that is no event', 'text', 'InvalidResponse'],
    ['an event of an unknown type', '{"type":"ODD","object":{}}', 'InvalidResponse'],
  ])('end with %s', async (_what, text, reason) => {
    server.answer = (_seen, response) => response.write(`${text}\n`);
    expect((await errorOf(namesOf(watch()))).reason).toBe(reason);
  });

  test('end when the connection is cut, after what had come', async () => {
    server.answer = async (_seen, response) => {
      response.write(line('a'));
      setImmediate(() => response.socket?.destroy());
    };
    const names: string[] = [];
    const error = await errorOf(
      (async () => {
        for await (const event of watch()) if (event.type === 'ADDED') names.push(event.object.metadata.name);
      })(),
    );
    expect([names, error.reason]).toEqual([['a'], 'Unreachable']);
  });

  test('that are refused say why', async () => {
    server.answer = (_seen, response) => answerJson(response, 403, statusObject(403, 'Forbidden'));
    expect((await errorOf(namesOf(watch()))).reason).toBe('Forbidden');
  });

  test('take no connection from calls', async () => {
    const bounded = server.connect({ maxSockets: 1 });
    const usual = server.answer;
    server.answer = ({ path }, response) => {
      if (path.includes('watch=true')) response.write(line('a'));
      else usual({ method: '', path, headers: {}, body: '' }, response);
    };
    const open = bounded.watch(Vpc, { resourceVersion: '1', timeoutSeconds: 10 })[Symbol.asyncIterator]();
    await open.next();
    expect(await bounded.get(Vpc, clusterRef('a'))).toBeDefined();
    await open.return?.();
  });

  test('wait for a server that is slow to answer no longer than a call', async () => {
    server.answer = () => {};
    expect((await errorOf(namesOf(watch({ timeoutMs: 50 })))).reason).toBe('Timeout');
  });

  test('close their socket when they are left', async () => {
    const closed = new Promise((resolve) => {
      server.answer = (_seen, response) => {
        response.on('close', resolve);
        response.write(line('a'));
      };
    });
    for await (const _event of watch()) break;
    await closed;
  });
});
