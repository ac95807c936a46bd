/** Who is served and who is not when more requests come than can run; the order alone is admission-queue.test.ts. */
import type { AddressInfo } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import fastify, { type FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { errorHandlerPlugin } from '../../../apps/api/src/plugins/http/error-handler.ts';
import { createGate, type Gate, slotPlugin } from '../../../apps/api/src/plugins/http/overload.ts';
import { headOf, openRaw, type RawAnswer, type RawConnection, sendRaw } from '../support/raw-http.ts';
import { useStage } from '../support/stage.ts';
import type { Problem } from '../support/views.ts';

const RUNNING_MAX = 4;
const IN_FLIGHT_MAX = 256;
const PORTAL = 'https://portal.example';

interface Held {
  readonly app: FastifyInstance;
  readonly gate: Gate;
  readonly url: string;
  /** Requests that run, in the order in which they were begun. */
  readonly begun: string[];
  /** Ends the request. */
  release(path: string): void;
  releaseAll(): void;
  /** Until the gate has counted so many. */
  counted(expected: Partial<ReturnType<Gate['counts']>>): Promise<void>;
}

/** A server behind the gate whose answers are held until the test lets them go. */
async function startHeld(): Promise<Held> {
  const gate = createGate({ runningMax: RUNNING_MAX, origins: [PORTAL], logger: pino({ level: 'silent' }) });
  const app = fastify({ serverFactory: gate.serverFactory });
  await app.register(errorHandlerPlugin);
  await app.register(slotPlugin, { gate });
  const begun: string[] = [];
  const held = new Map<string, () => void>();
  const state = { isOpen: false };
  app.all('/*', async (request) => {
    begun.push(request.url);
    const sleep = () =>
      state.isOpen ? Promise.resolve() : new Promise<void>((resolve) => held.set(request.url, resolve));
    if (request.url.startsWith('/aside')) await gate.slotOf(request.raw)?.aside(sleep);
    else if (request.url !== '/healthz') await sleep();
    return { url: request.url, length: JSON.stringify(request.body ?? '').length };
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo; // it listens on a port
  return {
    ...{ app, gate, begun, url: `http://127.0.0.1:${port}` },
    release: (path) => held.get(path)?.(),
    releaseAll() {
      state.isOpen = true;
      for (const resolve of held.values()) resolve();
    },
    counted: (expected) =>
      expect.poll(() => gate.counts(), { timeout: 20_000, interval: 5 }).toMatchObject(expected),
  };
}

let server: Held;
const connections: RawConnection[] = [];

beforeEach(async () => {
  server = await startHeld();
});
afterEach(async () => {
  server.releaseAll();
  for (const connection of connections.splice(0)) connection.close();
  await server.app.close();
});

/** Sent when the ones before have arrived: the order is known. */
async function send(path: string, headers: Record<string, string> = {}): Promise<RawConnection> {
  const connection = await openRaw(server.url);
  connections.push(connection);
  const before = total();
  connection.send(headOf(`GET ${path}`, headers));
  // hundreds are sent in turn, and a poll of Vitest's looks 20 times a second
  const givesUpAt = performance.now() + 20_000;
  while (total() === before && performance.now() < givesUpAt) await turn();
  expect(total()).toBeGreaterThan(before);
  return connection;
}

function total(): number {
  const { running, waiting, shed } = server.gate.counts();
  return running + waiting + shed;
}

async function fill(count: number): Promise<readonly RawConnection[]> {
  const filled: RawConnection[] = [];
  for (let index = 0; index < count; index += 1) filled.push(await send(`/${index}`));
  return filled;
}

function problemOf(answer: RawAnswer | undefined): Problem {
  return JSON.parse(answer?.body ?? '') as Problem;
}

describe('at the cap', () => {
  it('nobody is shed before it, and the one that has waited longest at it', async () => {
    const filled = await fill(IN_FLIGHT_MAX);
    await server.counted({ running: RUNNING_MAX, waiting: IN_FLIGHT_MAX - RUNNING_MAX, shed: 0 });
    await send('/one-more');
    const shed = await filled[RUNNING_MAX]?.answer();
    expect([shed?.status, shed?.headers.get('retry-after')]).toEqual([503, '1']);
    expect(shed?.headers.get('content-type')).toBe('application/problem+json');
    expect(problemOf(shed)).toMatchObject({ code: 'overloaded', retryable: true, status: 503 });
    expect(problemOf(shed).request_id).toBe(shed?.headers.get('x-request-id'));
    server.release('/0');
    expect((await filled[0]?.answer())?.status).toBe(200);
    server.releaseAll();
    await server.counted({ running: 0, waiting: 0 });
  });

  it('a refusal keeps the request’s id, is GraphQL to who asks for that, and can be read by listed origins', async () => {
    const filled = await fill(IN_FLIGHT_MAX - 2);
    const own = { 'x-request-id': 'my-own' };
    const graphql = await send('/graphql', own);
    const paged = await send('/page', { origin: PORTAL });
    // what came before is shed first
    for (let index = 0; index < IN_FLIGHT_MAX - RUNNING_MAX; index += 1) await send(`/late-${index}`);
    expect((await filled.at(-1)?.answer())?.status).toBe(503);
    const asGraphql = await graphql.answer();
    expect(asGraphql?.headers.get('content-type')).toMatch(/^application\/json/);
    expect(JSON.parse(asGraphql?.body ?? '')).toMatchObject({
      data: null,
      errors: [{ extensions: { code: 'overloaded', status: 503, requestId: 'my-own' } }],
    });
    expect((await paged.answer())?.headers.get('access-control-allow-origin')).toBe(PORTAL);
  });

  it('health is told without waiting', async () => {
    await fill(IN_FLIGHT_MAX);
    const answer = await sendRaw(server.url, headOf('GET /healthz'));
    expect([answer?.status, server.gate.counts().shed]).toEqual([200, 0]);
  });
});

describe('a slot', () => {
  it('is free again when its client goes away, and so is a place in the queue', async () => {
    const [first, , , , fifth] = await fill(RUNNING_MAX + 2);
    fifth?.close();
    await server.counted({ running: RUNNING_MAX, waiting: 1 });
    first?.close();
    await server.counted({ running: RUNNING_MAX, waiting: 0 });
    expect(server.begun).toEqual(['/0', '/1', '/2', '/3', '/5']);
  });

  it('is given back by who waits for a worker, who is served again before anybody else', async () => {
    for (let index = 0; index < RUNNING_MAX; index += 1) {
      connections.push(await openRaw(server.url));
      connections.at(-1)?.send(headOf(`GET /aside-${index}`));
    }
    await server.counted({ running: 0, aside: RUNNING_MAX });
    await fill(RUNNING_MAX + 2);
    server.release('/aside-0');
    await server.counted({ running: RUNNING_MAX, waiting: 3, aside: RUNNING_MAX - 1 });
    server.release('/0');
    expect((await connections[0]?.answer())?.status).toBe(200);
    await server.counted({ running: RUNNING_MAX, waiting: 1 });
  });

  it('is kept by nobody who sends his body slowly', async () => {
    const headers = { 'content-type': 'application/json', 'content-length': 10 };
    for (let index = 0; index < RUNNING_MAX * 2; index += 1) {
      connections.push(await openRaw(server.url));
      connections.at(-1)?.send(headOf(`POST /slow-${index}`, headers));
    }
    await server.counted({ running: 0, waiting: 0, aside: RUNNING_MAX * 2 });
    const other = await send('/other');
    server.release('/other');
    expect((await other.answer())?.status).toBe(200);
    connections[0]?.send('"12345678"');
    await expect.poll(() => server.begun.at(-1)).toBe('/slow-0');
    await server.counted({ running: 1, aside: RUNNING_MAX * 2 - 1 });
    connections[1]?.close();
    await server.counted({ aside: RUNNING_MAX * 2 - 2 });
  });

  it('is not had by more bodies on their way than fit', async () => {
    const headers = { 'content-type': 'application/json', 'content-length': 10 };
    for (let index = 0; index < IN_FLIGHT_MAX; index += 1) {
      connections.push(await openRaw(server.url));
      connections.at(-1)?.send(headOf(`POST /slow-${index}`, headers));
    }
    await server.counted({ aside: IN_FLIGHT_MAX });
    const answer = await sendRaw(server.url, headOf('POST /one-more', headers));
    expect(answer?.status).toBe(503);
    expect(problemOf(answer).code).toBe('overloaded');
    await server.counted({ running: 0, aside: IN_FLIGHT_MAX });
  });
});

describe('the API', () => {
  const stage = useStage();

  it('serves 256 clients at once without shedding one, and counts them on the admin port', async () => {
    const answers = await Promise.all(
      Array.from({ length: IN_FLIGHT_MAX }, () => stage.api.call('GET', '/v1/eips?limit=1')),
    );
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200]));
    await turn();
    const metrics = await (await fetch(`${stage.api.adminUrl}/metrics`)).text();
    expect(metrics).toMatch(/^netplane_api_requests_running 0$/m);
    expect(metrics).toMatch(/^netplane_api_requests_waiting 0$/m);
    expect(metrics).toMatch(/^netplane_api_requests_aside 0$/m);
    expect(metrics).toMatch(/^netplane_api_requests_shed_total 0$/m);
  });
});
