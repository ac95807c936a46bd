import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type ClosableKubeClient,
  createKubeClient,
  type KubeClientOptions,
} from '../../../packages/k8s-adapter/src/client/client-node.ts';
import { kubeconfigFor } from '../../../packages/k8s-adapter/src/simulator/start-simulator.ts';

/** A request as the server read it. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** An HTTP server that answers what a test tells it to: slow, cut off, nonsense. */
export interface ScriptedServer {
  readonly url: string;
  readonly seen: readonly Seen[];
  /** Connections that were ever opened. */
  readonly connections: () => number;
  /** How requests are answered from now on. At first each gets an object named `a`. */
  answer: (seen: Seen, response: ServerResponse) => void;
  connect(options?: Omit<KubeClientOptions, 'kubeconfig'>): ClosableKubeClient;
  stop(): Promise<void>;
}

export async function startScriptedServer(): Promise<ScriptedServer> {
  const seen: Seen[] = [];
  let connections = 0;
  const http = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { method = '', url: path = '', headers } = request;
    seen.push({ method, path, headers, body });
    server.answer({ method, path, headers, body }, response);
  });
  http.on('connection', () => {
    connections += 1;
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const { port } = http.address() as AddressInfo; // it listens on TCP
  const url = `http://127.0.0.1:${port}`;
  const clients: ClosableKubeClient[] = [];
  const server: ScriptedServer = {
    url,
    seen,
    connections: () => connections,
    answer: (_seen, response) => answerJson(response, 200, { metadata: { name: 'a' } }),
    connect: (options = {}) => {
      const client = createKubeClient({ ...options, kubeconfig: kubeconfigFor(url) });
      clients.push(client);
      return client;
    },
    stop: async () => {
      for (const client of clients) client.close();
      http.closeAllConnections();
      http.close();
      await once(http, 'close');
    },
  };
  return server;
}

export function answerJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(body));
}

export function statusObject(code: number, reason: string, details: object = {}): object {
  return { kind: 'Status', code, reason, message: reason, details };
}
