/**
 * Keep-alive connections that cost the machine as little as can be, since the API and the database share it: requests
 * are made beforehand, and of an answer the status and the length are read, nothing else.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type HttpLoad, requestOf } from './load.ts';
import type { Connections } from './thread.ts';

const HEAD_END = '\r\n\r\n';
const CONTENT_LENGTH = /\r\ncontent-length: (\d+)/i;
const BODY_SHOWN_BYTES = 500;

export interface HttpConnection {
  /** Sends a whole request; the one before has to be answered. @throws Error when the API closes the connection */
  ask(request: string): Promise<Answer>;
  close(): void;
}

export interface Answer {
  readonly status: number;
  /** The whole of it, head and body. */
  readonly bytes: Buffer;
}

export async function openHttpConnections(load: HttpLoad): Promise<Connections> {
  const connections = await Promise.all(
    Array.from({ length: load.concurrency }, () => openHttpConnection(load.port)),
  );
  return {
    async send(connection, number) {
      const answer = await connections[connection]?.ask(requestOf(load, number));
      if (answer === undefined || answer.status === load.expectedStatus) return;
      const body = answer.bytes.toString('utf8', 0, BODY_SHOWN_BYTES);
      throw new Error(`answered ${answer.status} instead of ${load.expectedStatus}:\n${body}`);
    },
    async close() {
      for (const connection of connections) connection.close();
    },
  };
}

/** @param port of an API on loopback */
export async function openHttpConnection(port: number): Promise<HttpConnection> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  await once(socket, 'connect');
  return converse(socket);
}

function converse(socket: Socket): HttpConnection {
  let waiting: PromiseWithResolvers<Answer> | undefined;
  let received: Buffer = Buffer.alloc(0);
  /** Bytes of the whole answer, once its head is there. */
  let length = 0;

  function fail(error: Error): void {
    waiting?.reject(error);
    waiting = undefined;
    socket.destroy();
  }

  socket.on('data', (chunk: Buffer) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    length ||= answerLength(received);
    if (length === 0 || received.length < length) return;
    if (received.length > length) return fail(new Error('the API answered more than was asked'));
    const answered = waiting;
    const answer = { status: statusOf(received), bytes: received };
    [waiting, received, length] = [undefined, Buffer.alloc(0), 0];
    answered?.resolve(answer);
  });
  socket.on('error', fail);
  socket.on('close', () => fail(new Error('the API closed the connection')));

  return {
    ask(request) {
      waiting = Promise.withResolvers();
      socket.write(request, 'latin1');
      return waiting.promise;
    },
    close() {
      socket.removeAllListeners('close');
      socket.destroy();
    },
  };
}

/** `HTTP/1.1 201 …` */
function statusOf(answer: Buffer): number {
  return Number(answer.toString('latin1', 9, 12));
}

/** Head and body together; 0 while the head is not whole. Answers of the API all say their length. */
function answerLength(received: Buffer): number {
  const headEnd = received.indexOf(HEAD_END);
  if (headEnd === -1) return 0;
  const match = CONTENT_LENGTH.exec(received.toString('latin1', 0, headEnd));
  if (match === null) throw new Error('an answer without content-length');
  return headEnd + HEAD_END.length + Number(match[1]);
}
