import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { isDeepStrictEqual } from 'node:util';
import type { CredentialSource, Credentials } from './client-node-credentials.ts';
import { kubeErrorOf, readStatus, type StatusAnswer } from './client-node-status.ts';
import { type CallOptions, DEFAULT_TIMEOUT_MS } from './kube-client.ts';
import { isKubeError, KubeError } from './kube-error.ts';

interface TransportOptions {
  /** Connections for calls; watches have sockets of their own and do not count. */
  readonly maxSockets: number;
  readonly maxResponseBytes: number;
  readonly userAgent: string;
}

interface TransportRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Path and query below the server's root. */
  readonly path: string;
  readonly body?: object;
  readonly contentType?: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

type TransportAnswer =
  | { readonly ok: true; readonly status: number; readonly body: unknown }
  | { readonly ok: false; readonly answer: StatusAnswer };

/** One HTTP connection pool to one API server. Owns sockets: `close` ends them all. */
export interface Transport {
  /** Sends and reads the whole answer within `timeoutMs`. Throws `KubeError` with status 0 when none came. */
  call(request: TransportRequest): Promise<TransportAnswer>;
  /** Sends and returns at the answer's headers (within `timeoutMs`); the caller reads and destroys the stream. */
  open(request: TransportRequest): Promise<IncomingMessage | StatusAnswer>;
  readonly maxResponseBytes: number;
  close(): void;
}

/** A free socket is closed by us before load balancers and API servers do it under a request. */
const FREE_SOCKET_TIMEOUT_MS = 30_000;

interface Agents {
  readonly tls: Credentials['tls'];
  readonly calls: http.Agent;
  readonly watches: http.Agent;
}

export function createTransport(credentials: CredentialSource, options: TransportOptions): Transport {
  let agents: Agents | undefined;
  /** Every request's own end, so that `close` leaves none behind, whichever agent it began with. */
  const closing = new AbortController();

  const agentsFor = ({ server, tls }: Credentials): Agents => {
    if (agents === undefined || !isDeepStrictEqual(agents.tls, tls)) {
      agents = createAgents(server, tls, options.maxSockets); // the former ones drain and idle out
    }
    return agents;
  };

  const start = async (request: TransportRequest, pool: 'calls' | 'watches', signal: AbortSignal) => {
    const current = await authenticated(credentials);
    const agent = agentsFor(current)[pool];
    return send(request, current, { agent, userAgent: options.userAgent, signal });
  };

  const refused = async (response: IncomingMessage): Promise<StatusAnswer> => {
    const text = await readText(response, options.maxResponseBytes);
    const answer = readStatus(response.statusCode ?? 0, text, response.headers['retry-after']);
    if (answer.status === 401) credentials.invalidate();
    return answer;
  };

  return {
    maxResponseBytes: options.maxResponseBytes,
    call: (request) =>
      withinDeadline(request, closing.signal, async (deadline) => {
        const response = await start(request, 'calls', deadline);
        if (!isSuccess(response)) return { ok: false, answer: await refused(response) };
        const text = await readText(response, options.maxResponseBytes);
        return { ok: true, status: response.statusCode ?? 0, body: parseBody(text, request) };
      }),
    open: (request) =>
      withinDeadline(request, closing.signal, async (deadline) => {
        // these outlive the exchange: the caller ends the stream by them
        const outer = [closing.signal, ...(request.signal === undefined ? [] : [request.signal])];
        const response = await start(request, 'watches', AbortSignal.any([deadline, ...outer]));
        return isSuccess(response) ? response : refused(response);
      }),
    close: () => {
      closing.abort();
      agents?.calls.destroy();
      agents?.watches.destroy();
    },
  };
}

/** The body of an answer that must be 2xx; throws `KubeError` for any other. */
export async function succeed(transport: Transport, request: TransportRequest): Promise<unknown> {
  const result = await transport.call(request);
  if (!result.ok) throw kubeErrorOf(result.answer);
  return result.body;
}

export function limits(call: CallOptions | undefined): Pick<TransportRequest, 'timeoutMs' | 'signal'> {
  return { timeoutMs: call?.timeoutMs ?? DEFAULT_TIMEOUT_MS, signal: call?.signal };
}

async function authenticated(credentials: CredentialSource): Promise<Credentials> {
  try {
    return await credentials.current();
  } catch (cause) {
    throw new KubeError(0, 'Unreachable', `no credentials for the cluster: ${messageOf(cause)}`, { cause });
  }
}

function createAgents(server: URL, tls: Credentials['tls'], maxSockets: number): Agents {
  const secure = server.protocol === 'https:';
  const create = (limit: number): http.Agent => {
    const options = { keepAlive: true, maxSockets: limit, timeout: FREE_SOCKET_TIMEOUT_MS };
    return secure ? new https.Agent({ ...options, ...tls }) : new http.Agent(options);
  };
  return { tls, calls: create(maxSockets), watches: create(Number.POSITIVE_INFINITY) };
}

interface Sending {
  readonly agent: http.Agent;
  readonly userAgent: string;
  readonly signal: AbortSignal;
}

function send(request: TransportRequest, to: Credentials, sending: Sending): Promise<IncomingMessage> {
  const body = request.body === undefined ? undefined : Buffer.from(JSON.stringify(request.body));
  const headers = {
    Accept: 'application/json',
    'User-Agent': sending.userAgent,
    // Node frames the body of a DELETE only when its length is stated.
    ...(body === undefined
      ? {}
      : { 'Content-Type': request.contentType ?? 'application/json', 'Content-Length': body.byteLength }),
    ...to.headers,
  };
  const url = new URL(to.server.pathname.replace(/\/$/, '') + request.path, to.server);
  const module = url.protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    const { agent, signal } = sending;
    const outgoing = module.request(url, { method: request.method, headers, agent, signal });
    outgoing.on('response', resolve);
    outgoing.on('error', (error) => {
      // A kept-alive socket that the server closed meanwhile says nothing about the server; a read may simply go
      // again. A write may have been done, so its caller has to look.
      const stale = outgoing.reusedSocket && request.method === 'GET' && !signal.aborted;
      if (stale) resolve(send(request, to, sending));
      else reject(error);
    });
    outgoing.end(body);
  });
}

/**
 * Runs one exchange under its time limit and turns what goes wrong on the wire into `KubeError`. The limit covers
 * waiting for a free socket as well.
 */
async function withinDeadline<T>(
  request: TransportRequest,
  closing: AbortSignal,
  run: (deadline: AbortSignal) => Promise<T>,
): Promise<T> {
  const end = new AbortController();
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    end.abort();
  }, request.timeoutMs);
  // one signal with listeners, since a composed one for every call costs more than the call's JSON
  const abort = () => end.abort();
  const outer = request.signal === undefined ? [closing] : [closing, request.signal];
  for (const signal of outer) {
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
  }
  try {
    return await run(end.signal);
  } catch (cause) {
    if (isKubeError(cause)) throw cause;
    const what = `${request.method} ${request.path.split('?')[0]}`;
    if (request.signal?.aborted === true || closing.aborted) {
      throw new KubeError(0, 'Aborted', `${what} was aborted`, { cause });
    }
    if (isLate) {
      throw new KubeError(0, 'Timeout', `${what} had no answer within ${request.timeoutMs} ms`, { cause });
    }
    throw new KubeError(0, 'Unreachable', `${what} failed: ${messageOf(cause)}`, { cause });
  } finally {
    clearTimeout(timer);
    for (const signal of outer) signal.removeEventListener('abort', abort);
  }
}

async function readText(response: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    size += chunk.length;
    if (size > maxBytes) {
      response.destroy();
      throw new KubeError(0, 'ResponseTooLarge', `the cluster's answer exceeds ${maxBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Counts beyond 2^53 (free addresses of an IPv6 subnet) lose digits here and throw nothing. */
function parseBody(text: string, request: TransportRequest): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const what = `${request.method} ${request.path.split('?')[0]}`;
    throw new KubeError(0, 'InvalidResponse', `${what} was not answered in JSON`, { cause });
  }
}

function isSuccess(response: IncomingMessage): boolean {
  return response.statusCode !== undefined && response.statusCode >= 200 && response.statusCode < 300;
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
