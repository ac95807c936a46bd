/**
 * Keep-alive connections that cost the machine as little as can be, since the API and the database share it: requests
 * are made beforehand, and of an answer the status and the length are read, nothing else.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type HttpLoad, numberText } from './load.ts';
import type { Connections } from './thread.ts';

const HEAD_END = '\r\n\r\n';
const BODY_SHOWN_BYTES = 500;

export async function openHttpConnections(load: HttpLoad): Promise<Connections> {
  const connections = await Promise.all(
    Array.from({ length: load.concurrency }, async () => {
      const socket = connect({ host: '127.0.0.1', port: load.port, noDelay: true });
      await once(socket, 'connect');
      return openConnection(socket, load.expectedStatus);
    }),
  );
  return {
    async send(connection, number) {
      const pieces = load.requests[number % load.requests.length];
      await connections[connection]?.send(pieces?.join(numberText(number)) ?? '');
    },
    async close() {
      for (const connection of connections) connection.close();
    },
  };
}

interface Connection {
  send(request: string): Promise<void>;
  close(): void;
}

interface Waiting {
  resolve(): void;
  reject(error: Error): void;
}

function openConnection(socket: Socket, expectedStatus: number): Connection {
  let waiting: Waiting | undefined;
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
    const status = statusOf(received);
    if (status !== expectedStatus || received.length > length) {
      const body = received.toString('utf8', 0, BODY_SHOWN_BYTES);
      return fail(new Error(`answered ${status} instead of ${expectedStatus}:\n${body}`));
    }
    const { resolve } = waiting ?? { resolve() {} };
    [waiting, received, length] = [undefined, Buffer.alloc(0), 0];
    resolve();
  });
  socket.on('error', fail);
  socket.on('close', () => fail(new Error('the API closed the connection')));

  return {
    send(request) {
      return new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        socket.write(request, 'latin1');
      });
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
  const match = /\r\ncontent-length: (\d+)/i.exec(received.toString('latin1', 0, headEnd));
  if (match === null) throw new Error('an answer without content-length');
  return headEnd + HEAD_END.length + Number(match[1]);
}
