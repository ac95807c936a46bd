import { once } from 'node:events';
import type { EventQueue } from '../../client/client-node-queue.ts';
import { ApiError, statusBody } from '../api/api-error.ts';
import type { WatchEvent } from '../api/watch-hub.ts';
import type { KindInfo } from '../kinds.ts';
import type { Exchange } from './exchange.ts';

/** Writes a watch's events as newline-delimited JSON until it ends or the client leaves. An error is an ERROR event. */
export async function streamWatch(
  queue: EventQueue<WatchEvent>,
  kind: KindInfo,
  { response }: Exchange,
): Promise<void> {
  const leave = (): void => {
    void queue.return();
  };
  response.on('close', leave);
  response.writeHead(200, { 'Content-Type': 'application/json', 'Transfer-Encoding': 'chunked' });
  response.flushHeaders();
  const write = async (event: object): Promise<void> => {
    const room = response.write(`${JSON.stringify(event)}\n`);
    if (!room && !response.destroyed) await Promise.race([once(response, 'drain'), once(response, 'close')]);
  };
  try {
    for await (const event of queue) await write(lineOf(event, kind));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    await write({ type: 'ERROR', object: statusBody(error) });
  } finally {
    response.off('close', leave);
    response.end();
  }
}

function lineOf(event: WatchEvent, { apiVersion, kind }: KindInfo): object {
  if (event.type !== 'BOOKMARK') return event;
  const { resourceVersion } = event;
  return {
    type: 'BOOKMARK',
    object: { apiVersion, kind, metadata: { resourceVersion, creationTimestamp: null } },
  };
}
