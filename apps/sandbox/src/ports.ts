/** Ports on loopback: the same as last time where they are free. */
import { createServer } from 'node:net';

/** @returns a port for each name */
export async function choosePorts(
  names: readonly string[],
  last: Readonly<Record<string, number>>,
): Promise<Readonly<Record<string, number>>> {
  const chosen: Record<string, number> = {};
  for (const name of names) {
    const before = last[name];
    chosen[name] = before !== undefined && (await isFree(before)) ? before : await anyFree();
  }
  return chosen;
}

export async function isFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}

async function anyFree(): Promise<number> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
