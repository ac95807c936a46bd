/** A way to the database that can be cut: everything goes through until then, and afterwards nobody hears anything. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface DatabaseLink {
  /** The same database, over the link. */
  readonly url: string;
  /** As a server that has lost its power: connections stay open and nothing comes back. */
  cut(): void;
  close(): void;
}

export async function linkDatabase(databaseUrl: string): Promise<DatabaseLink> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  const state = { isCut: false };
  // half-open: the end of one side is not the answer of the other
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ host: target.hostname, port: Number(target.port), allowHalfOpen: true });
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {}); // either end may be killed by the test
    }
    if (state.isCut) return;
    near.pipe(far);
    far.pipe(near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port); // it listens on a port
  return {
    url: url.href,
    cut() {
      state.isCut = true;
      for (const socket of sockets) socket.unpipe();
    },
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
