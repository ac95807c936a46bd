/** The load generator's thread: makes the load that it was started with and posts what came of it. */
import { parentPort, workerData } from 'node:worker_threads';
import { openHttpConnections } from './http-connections.ts';
import type { Load, LoadResult } from './load.ts';
import { openSqlConnections } from './sql-connections.ts';

/** Sends request number n on connection number c; rejects unless it is answered as expected. */
export type Send = (connection: number, number: number) => Promise<void>;

export interface Connections {
  readonly send: Send;
  close(): Promise<void>;
}

const load = workerData as Load; // run-load.ts starts this thread with one
const connections = load.kind === 'http' ? await openHttpConnections(load) : await openSqlConnections(load);
const result =
  load.kind === 'http' && load.perSecond !== undefined
    ? await openLoop(load, load.perSecond, connections.send)
    : await closedLoop(load, connections.send);
await connections.close();
parentPort?.postMessage(result);

/** Every connection sends its next request when the last one was answered. */
async function closedLoop({ extent, firstNumber, concurrency }: Load, send: Send): Promise<LoadResult> {
  const latenciesMs: number[] = [];
  const started = performance.now();
  const endsAt = 'seconds' in extent ? started + extent.seconds * 1_000 : Number.POSITIVE_INFINITY;
  const numbersEnd = 'requests' in extent ? firstNumber + extent.requests : Number.POSITIVE_INFINITY;
  let next = firstNumber;
  async function work(connection: number): Promise<void> {
    let sentAt = performance.now();
    while (sentAt < endsAt && next < numbersEnd) {
      const number = next;
      next += 1;
      await send(connection, number);
      const answeredAt = performance.now();
      latenciesMs.push(answeredAt - sentAt);
      sentAt = answeredAt;
    }
  }
  await Promise.all(Array.from({ length: concurrency }, (_, connection) => work(connection)));
  return { answers: latenciesMs.length, seconds: (performance.now() - started) / 1_000, latenciesMs };
}

/**
 * Requests leave at fixed times; the latency counts from that time, so that one slow answer does not keep others from
 * being slow. Needs as many connections as may be under way at once.
 */
async function openLoop(
  { extent, firstNumber, concurrency }: Load,
  rate: number,
  send: Send,
): Promise<LoadResult> {
  const count = 'requests' in extent ? extent.requests : Math.round(extent.seconds * rate);
  const latenciesMs: number[] = [];
  const idle = Array.from({ length: concurrency }, (_, connection) => connection);
  const started = performance.now();
  const underWay: Promise<void>[] = [];
  async function fire(index: number, dueAt: number): Promise<void> {
    const connection = idle.pop();
    if (connection === undefined) throw new Error(`more than ${concurrency} requests were under way at once`);
    await send(connection, firstNumber + index);
    latenciesMs.push(performance.now() - dueAt);
    idle.push(connection);
  }
  for (let index = 0; index < count; index += 1) {
    const dueAt = started + (index * 1_000) / rate;
    const wait = dueAt - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    underWay.push(fire(index, dueAt));
  }
  await Promise.all(underWay);
  return { answers: count, seconds: (performance.now() - started) / 1_000, latenciesMs };
}
