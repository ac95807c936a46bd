/**
 * Between one process and PostgreSQL. A round trip is what the process sends up to a Query or a Sync, and what comes back
 * up to ReadyForQuery: both are held until they are whole, so a process that ends at a step has sent, or heard, all of
 * the message or nothing.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { createFrameReader, type Frame, textOf } from './postgres-frames.ts';
import type { Steps } from './steps.ts';

export interface PostgresProxy {
  readonly port: number;
  /** Cuts every connection, as a server that fails over. */
  dropAll(): void;
  /** Whether new connections are refused. */
  refuse(on: boolean): void;
  close(): void;
}

/** @param target port of PostgreSQL on loopback, asked at each connection */
export async function startPostgresProxy(steps: Steps, target: () => number): Promise<PostgresProxy> {
  const sockets = new Set<Socket>();
  const state = { refuses: false };
  const server = createServer((near) => {
    if (state.refuses) {
      near.resetAndDestroy();
      return;
    }
    const far = connect({ host: '127.0.0.1', port: target() });
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => {}); // either end may be killed
      socket.on('close', () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    relay(near, far, steps);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const dropAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port, // it listens on a port
    dropAll,
    refuse(on) {
      state.refuses = on;
    },
    close() {
      server.close();
      dropAll();
    },
  };
}

function relay(near: Socket, far: Socket, steps: Steps): void {
  const fromProcess = createFrameReader({ beginsUntyped: true });
  const fromServer = createFrameReader({ beginsUntyped: false });
  const label = createLabeller();
  /** Labels of the round trips that the server has not answered yet. */
  const waiting: string[] = [];
  let request: Frame[] = [];
  let answer: Frame[] = [];

  function end(): void {
    near.destroy();
    far.destroy();
  }

  near.on('data', (chunk) => {
    for (const frame of fromProcess(chunk)) {
      request.push(frame);
      if (!isRoundTrip(frame)) {
        if (isHeld(frame)) continue;
        far.write(joined(request.splice(0)));
        continue;
      }
      const name = label(request);
      if (steps.reach(`pg:${name}:before`)) return end();
      waiting.push(name);
      far.write(joined(request));
      request = [];
    }
  });
  far.on('data', (chunk) => {
    for (const frame of fromServer(chunk)) {
      answer.push(frame);
      if (waiting.length > 0 && frame.type !== 'Z') continue;
      const name = frame.type === 'Z' ? waiting.shift() : undefined;
      if (name !== undefined && steps.reach(`pg:${name}=${outcomeOf(answer)}:after`)) return end();
      near.write(joined(answer));
      answer = [];
    }
  });
}

/** Query or Sync. */
function isRoundTrip({ type }: Frame): boolean {
  return type === 'Q' || type === 'S';
}

/** Parse, Bind, Describe, Execute, Close: they wait for their Sync. */
function isHeld({ type }: Frame): boolean {
  return ['P', 'B', 'D', 'E', 'C'].includes(type);
}

function joined(frames: readonly Frame[]): Buffer {
  return Buffer.concat(frames.map(({ bytes }) => bytes));
}

/** `INSERT 0 1`, `SELECT 3`, `UPDATE 0` … as `1`, `3`, `0`; a refusal as its code. Several rows are one outcome. */
function outcomeOf(answer: readonly Frame[]): string {
  const refusal = answer.find(({ type }) => type === 'E');
  if (refusal !== undefined) return `refused-${/\0C(\w{5})\0/.exec(refusal.bytes.toString('latin1'))?.[1]}`;
  const complete = answer.findLast(({ type }) => type === 'C');
  if (complete === undefined) return 'nothing';
  const rows = /(\d+)$/.exec(textOf(complete, 0))?.[1];
  if (rows === undefined) return 'done';
  return rows === '0' ? 'none' : 'some';
}

/** Set by the library in front of every statement of a tenant. */
const TENANT_STATEMENT = 'netplane_tenant';

/** A name for each round trip that is the same in every run: of its prepared statement, or made from its text. */
function createLabeller(): (request: readonly Frame[]) => string {
  let inTransaction = '';
  return (request) => {
    const bound = request.findLast(({ type }) => type === 'B');
    const named = bound === undefined ? '' : textOf(bound, 1);
    const spoken = request.find(({ type }) => type === 'Q' || type === 'P');
    const text = spoken === undefined ? '' : textOf(spoken, spoken.type === 'P' ? 1 : 0);
    const name = named !== '' && named !== TENANT_STATEMENT ? named : nameOfText(text);
    if (name === 'commit' || name === 'rollback') return `${name}(${inTransaction})`;
    if (name !== 'begin') inTransaction = name;
    return name;
  };
}

function nameOfText(text: string): string {
  const words = text.toLowerCase().match(/[a-z_]+/g) ?? [];
  if (words.length <= 2) return words.join('-');
  const hash = createHash('sha1').update(text).digest('hex').slice(0, 6);
  return `${words.slice(0, 3).join('-')}-${hash}`;
}
