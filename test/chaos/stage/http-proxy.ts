/**
 * Between one worker and its API server, over plain HTTP on the worker's side. It announces each request as a step, may
 * answer instead of the server, and holds the watches in its hand.
 */
import { once } from 'node:events';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Steps } from './steps.ts';

export interface ApiServerAddress {
  readonly url: string;
  /** PEM; plain HTTP has none. */
  readonly ca?: string;
}

export interface RequestInfo {
  readonly method: string;
  /** Plural of the kind, e.g. `vpcs`. */
  readonly resource: string;
  readonly isWatch: boolean;
}

/** What the proxy does with a request instead of passing it on. */
export type Behaviour =
  | { readonly do: 'pass' }
  | { readonly do: 'cut' }
  | { readonly do: 'delay'; readonly milliseconds: number }
  | {
      readonly do: 'answer';
      readonly status: number;
      readonly reason: string;
      readonly retryAfterSeconds?: number;
    };

export interface HttpProxy {
  readonly url: string;
  /** Asked for each request. `undefined` passes everything on. */
  behave(behaviour: ((request: RequestInfo) => Behaviour) | undefined): void;
  /** Requests that were not simply passed on. */
  readonly disturbed: number;
  closeWatches(): void;
  /** The watches that are open now never say another word; those that are opened later do. @returns how many */
  silenceWatches(): number;
  dropAll(): void;
  close(): void;
}

interface OpenWatch {
  readonly response: ServerResponse;
  readonly source: IncomingMessage;
}

export async function startHttpProxy(steps: Steps, target: ApiServerAddress): Promise<HttpProxy> {
  const watches = new Set<OpenWatch>();
  const sockets = new Set<Socket>();
  const state: { behaviour?: ((request: RequestInfo) => Behaviour) | undefined; disturbed: number } = {
    disturbed: 0,
  };
  const forward = createForward(target);

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const info = infoOf(request);
    const body = await readAll(request);
    const behaviour = state.behaviour?.(info) ?? { do: 'pass' };
    if (behaviour.do !== 'pass') state.disturbed += 1;
    if (behaviour.do === 'cut') return void request.socket.destroy();
    if (behaviour.do === 'answer') return refuse(response, behaviour);
    if (behaviour.do === 'delay') await sleep(behaviour.milliseconds);
    const label = `${info.isWatch ? 'WATCH' : info.method}.${info.resource}`;
    if (steps.reach(`http:${label}:before`)) return void request.socket.destroy();
    const answer = await forward(request, body);
    if (info.isWatch && answer.statusCode === 200) return stream(answer, response);
    const content = await readAll(answer);
    if (steps.reach(`http:${label}=${answer.statusCode}:after`)) return void request.socket.destroy();
    const { 'transfer-encoding': _, connection: __, ...headers } = answer.headers;
    response.writeHead(answer.statusCode ?? 502, { ...headers, 'content-length': content.length });
    response.end(content);
  }

  function stream(source: IncomingMessage, response: ServerResponse): void {
    const watch = { response, source };
    watches.add(watch);
    response.writeHead(200, { 'content-type': source.headers['content-type'] });
    response.flushHeaders();
    source.pipe(response);
    const end = () => {
      watches.delete(watch);
      source.destroy();
      response.destroy();
    };
    source.on('close', end).on('error', end);
    response.on('close', end).on('error', end);
  }

  const server = http.createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    serve(request, response).catch(() => request.socket.destroy()); // as a server that went away
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const dropAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // it listens on a port
    behave(behaviour) {
      state.behaviour = behaviour;
    },
    get disturbed() {
      return state.disturbed;
    },
    closeWatches() {
      for (const { response } of watches) response.end();
    },
    silenceWatches() {
      for (const { source, response } of watches) {
        source.unpipe(response);
        source.resume();
      }
      return watches.size;
    },
    dropAll,
    close() {
      server.close();
      dropAll();
    },
  };
}

function createForward({ url, ca }: ApiServerAddress) {
  const { protocol, hostname, port } = new URL(url);
  const isSecure = protocol === 'https:';
  const agent = isSecure ? new https.Agent({ keepAlive: true, ca }) : new http.Agent({ keepAlive: true });
  return (request: IncomingMessage, body: Buffer): Promise<IncomingMessage> => {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const { host: _, 'transfer-encoding': __, connection: ___, ...headers } = request.headers;
    const options = { agent, hostname, port, method: request.method, path: request.url, headers };
    const outgoing = (isSecure ? https : http).request(options, resolve);
    outgoing.on('error', reject);
    const abandon = () => outgoing.destroy();
    request.socket.once('close', abandon);
    outgoing.once('close', () => request.socket.off('close', abandon));
    outgoing.end(body);
    return promise;
  };
}

function refuse(
  response: ServerResponse,
  { status, reason, retryAfterSeconds }: Extract<Behaviour, { do: 'answer' }>,
): void {
  const after = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
  response.writeHead(status, { 'content-type': 'application/json', ...after });
  const words = { status: 'Failure', message: 'refused on purpose', reason, code: status };
  response.end(JSON.stringify({ kind: 'Status', apiVersion: 'v1', ...words }));
}

/** `/api/v1/…` and `/apis/<group>/<version>/…`, both with or without a namespace. */
function infoOf({ method = 'GET', url = '/' }: IncomingMessage): RequestInfo {
  const { pathname, searchParams } = new URL(url, 'http://proxy');
  const parts = pathname.split('/').filter((part) => part !== '');
  const rest = parts.slice(parts[0] === 'api' ? 2 : 3);
  const isNamespaced = rest[0] === 'namespaces' && rest.length > 2;
  return {
    method,
    resource: (isNamespaced ? rest[2] : rest[0]) ?? parts[0] ?? '',
    isWatch: ['1', 'true'].includes(searchParams.get('watch') ?? ''),
  };
}

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer); // no encoding is set
  return Buffer.concat(chunks);
}
