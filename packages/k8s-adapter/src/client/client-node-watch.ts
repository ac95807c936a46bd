import type { IncomingMessage } from 'node:http';
import { StringDecoder } from 'node:string_decoder';
import { EventQueue } from './client-node-queue.ts';
import { kubeErrorOf, readStatus } from './client-node-status.ts';
import { limits, type Transport } from './client-node-transport.ts';
import type { WatchOptions } from './kube-client.ts';
import { isKubeError, KubeError } from './kube-error.ts';
import { type KubeObject, type KubeType, type KubeWatchEvent, pathOf } from './kube-object.ts';

interface WatchStreamOptions {
  readonly signal?: AbortSignal | undefined;
  readonly maxLineBytes: number;
  /** The stream is given up after this long, should the server not keep its own time limit. */
  readonly limitMs: number;
}

/** Events that wait for a slow consumer before the socket is paused. */
const PAUSE_AT = 1_000;
/** How much longer than its own `timeoutSeconds` a watch may stay open. */
const OVERTIME_MS = 30_000;

/** Opens the watch at the first `next()`; leaving the loop closes its socket, even while it is being opened. */
export function watchObjects(
  transport: Transport,
  type: KubeType,
  options: WatchOptions,
): AsyncIterable<KubeWatchEvent> {
  return {
    [Symbol.asyncIterator]: () => {
      const left = new AbortController();
      let opened: Promise<AsyncIterableIterator<KubeWatchEvent>> | undefined;
      return {
        next: async () => {
          if (left.signal.aborted) return { done: true, value: undefined };
          opened ??= openWatch(transport, type, { ...options, signal: either(left.signal, options.signal) });
          try {
            return await (await opened).next();
          } catch (error) {
            if (left.signal.aborted) return { done: true, value: undefined };
            throw error;
          }
        },
        return: async () => {
          left.abort();
          return { done: true, value: undefined };
        },
      };
    },
  };
}

async function openWatch(
  transport: Transport,
  type: KubeType,
  options: WatchOptions,
): Promise<AsyncIterableIterator<KubeWatchEvent>> {
  const query = new URLSearchParams({
    watch: 'true',
    allowWatchBookmarks: 'true',
    resourceVersion: options.resourceVersion,
    timeoutSeconds: String(options.timeoutSeconds),
  });
  if (options.labelSelector !== undefined) query.set('labelSelector', options.labelSelector);
  const path = `${pathOf(type, options.namespace ?? null)}?${query}`;
  const response = await transport.open({ method: 'GET', path, ...limits(options) });
  if ('isStatus' in response) throw kubeErrorOf(response);
  return readWatch(response, {
    signal: options.signal,
    maxLineBytes: transport.maxResponseBytes,
    limitMs: options.timeoutSeconds * 1000 + OVERTIME_MS,
  });
}

/**
 * Reads the newline-delimited JSON of a watch. Ends when the server ends it; throws `KubeError` for an ERROR event
 * (410 `Expired`: list again), a broken connection, an abort. Leaving the loop closes the socket.
 */
function readWatch(
  response: IncomingMessage,
  options: WatchStreamOptions,
): AsyncIterableIterator<KubeWatchEvent> {
  const limit = setTimeout(
    () => fail(new KubeError(0, 'Timeout', 'the cluster kept a watch open beyond its time')),
    options.limitMs,
  );
  const queue = new EventQueue<KubeWatchEvent>(
    () => {
      clearTimeout(limit);
      response.destroy();
    },
    () => response.resume(),
  );
  const fail = (error: unknown): void => queue.fail(error);
  const decoder = new StringDecoder('utf8');
  let rest = '';
  response.on('data', (chunk: Buffer) => {
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = lines.pop() ?? '';
    try {
      for (const line of lines) if (line.trim() !== '') queue.push(parseEvent(line));
    } catch (error) {
      fail(error);
    }
    if (rest.length > options.maxLineBytes) {
      fail(new KubeError(0, 'ResponseTooLarge', `a watch event exceeds ${options.maxLineBytes} bytes`));
    }
    if (queue.size > PAUSE_AT) response.pause();
  });
  response.on('end', () => queue.end());
  response.on('error', (cause) => fail(brokenWatch(cause, options.signal)));
  response.on('close', () => fail(brokenWatch(new Error('connection closed'), options.signal)));
  return queue;
}

/** One line of the stream. Throws `KubeError` for an ERROR event and for what is not an event. */
function parseEvent(line: string): KubeWatchEvent {
  const event = parseLine(line);
  switch (event.type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      return { type: event.type, object: event.object };
    case 'BOOKMARK':
      return { type: 'BOOKMARK', resourceVersion: event.object.metadata.resourceVersion ?? '' };
    case 'ERROR':
      throw kubeErrorOf(readStatus(500, JSON.stringify(event.object)));
    default:
      throw new KubeError(0, 'InvalidResponse', `a watch sent an event of type ${String(event.type)}`);
  }
}

function parseLine(line: string): { readonly type: unknown; readonly object: KubeObject } {
  try {
    const event: { type: unknown; object: KubeObject } = JSON.parse(line);
    if (typeof event.object === 'object' && event.object !== null) return event;
  } catch {
    // falls through to the one error below
  }
  throw new KubeError(0, 'InvalidResponse', 'a watch sent a line that is not an event');
}

function either(left: AbortSignal, right: AbortSignal | undefined): AbortSignal {
  return right === undefined ? left : AbortSignal.any([left, right]);
}

function brokenWatch(cause: unknown, signal: AbortSignal | undefined): KubeError {
  if (isKubeError(cause)) return cause;
  if (signal?.aborted === true) return new KubeError(0, 'Aborted', 'the watch was aborted', { cause });
  return new KubeError(0, 'Unreachable', 'the watch connection broke', { cause });
}
