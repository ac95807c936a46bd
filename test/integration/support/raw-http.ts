/** HTTP by hand: for what no well-behaved client would send. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const LAST_CHUNK = '0\r\n\r\n';

export interface RawAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

export interface RawConnection {
  readonly socket: Socket;
  send(bytes: string | Uint8Array): void;
  /** The next answer; `undefined` when the server closes the connection without one. */
  answer(): Promise<RawAnswer | undefined>;
  close(): void;
}

export async function openRaw(url: string): Promise<RawConnection> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  socket.on('error', () => {}); // a server may reset a connection that it does not like
  await once(socket, 'connect');
  const state = { received: Buffer.alloc(0), isOver: false };
  const arrivals = new Set<() => void>();
  const wake = () => {
    for (const resolve of arrivals) resolve();
    arrivals.clear();
  };
  socket.on('data', (chunk: Buffer) => {
    state.received = Buffer.concat([state.received, chunk]);
    wake();
  });
  for (const event of ['end', 'close']) {
    socket.on(event, () => {
      state.isOver = true;
      wake();
    });
  }
  return {
    socket,
    send: (bytes) => void socket.write(bytes),
    async answer() {
      for (;;) {
        const parsed = parse(state.received);
        if (parsed !== undefined) {
          state.received = state.received.subarray(parsed.length);
          return parsed.answer;
        }
        if (state.isOver) return undefined;
        await new Promise<void>((resolve) => arrivals.add(resolve));
      }
    },
    close: () => void socket.destroy(),
  };
}

/** One request on a connection of its own. */
export async function sendRaw(url: string, bytes: string | Uint8Array): Promise<RawAnswer | undefined> {
  const connection = await openRaw(url);
  connection.send(bytes);
  const answer = await connection.answer();
  connection.close();
  return answer;
}

/** A head of HTTP/1.1, with the blank line. */
export function headOf(
  line: string,
  headers: Readonly<Record<string, string | number | undefined>> = {},
): string {
  const lines = Object.entries({ host: 'localhost', ...headers })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${value}`);
  return [`${line} HTTP/1.1`, ...lines, '', ''].join('\r\n');
}

function parse(bytes: Buffer): { readonly answer: RawAnswer; readonly length: number } | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const [statusLine = '', ...lines] = bytes.subarray(0, headEnd).toString('latin1').split('\r\n');
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
    }),
  );
  const status = Number(statusLine.split(' ')[1]);
  const isChunked = headers.get('transfer-encoding') === 'chunked';
  // Node's own refusals are chunked, and empty
  const length = isChunked ? LAST_CHUNK.length : Number(headers.get('content-length') ?? 0);
  const end = headEnd + 4 + length;
  if (bytes.length < end) return undefined;
  return {
    answer: { status, headers, body: bytes.subarray(headEnd + 4, end).toString('utf8') },
    length: end,
  };
}
