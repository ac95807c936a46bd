import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the range from which Linux gives ports to outgoing connections, so that nobody takes one by chance. */
const lowestPort = 20_000;
const highestPort = 32_000;
const maxAttempts = 200;

/** Chooses `count` different TCP ports of 127.0.0.1 on which nothing listens. Throws when it finds too few. */
export async function chooseFreePorts(count: number): Promise<readonly number[]> {
  const ports = new Set<number>();
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    if (ports.size === count) return [...ports];
    const port = randomInt(lowestPort, highestPort);
    if (await isFreePort(port)) ports.add(port);
  }
  throw new Error(`found no ${count} free ports between ${lowestPort} and ${highestPort}`);
}

/** True when nothing listens on the port of 127.0.0.1. */
export async function isFreePort(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen({ port, host: '127.0.0.1', exclusive: true });
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
