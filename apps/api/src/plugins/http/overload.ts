/**
 * The gate in front of everything: a request gets a slot before anything is done for it, or waits for one, or is told
 * to come again (admission-queue.ts says who). While a request waits for its worker it gives its slot back, and while its
 * body is on its way it has none, so that slow clients keep nobody from being served.
 */
import { createServer, IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyServerFactory } from 'fastify';
import fp from 'fastify-plugin';
import type { Logger } from 'pino';
import { AdmissionQueue, type Entrant } from './admission-queue.ts';
import { makeRefusal } from './overload-refusal.ts';
import { RunningLimit } from './running-limit.ts';
import { Slot, type SlotKeeper } from './slot.ts';

export interface OverloadOptions {
  /** Requests that run at once, at most (running-limit.ts). */
  readonly runningMax: number;
  /** Origins whose pages may read a refusal. */
  readonly origins: readonly string[];
  readonly logger: Pick<Logger, 'warn' | 'info'>;
}

export interface Gate {
  readonly serverFactory: FastifyServerFactory;
  /** What runs, waits, is held up by its client or its worker, and has been shed so far. */
  readonly counts: () => GateCounts;
  readonly slotOf: (request: IncomingMessage) => Slot | undefined;
}

export interface GateCounts {
  readonly running: number;
  readonly waiting: number;
  readonly aside: number;
  readonly shed: number;
}

/** Design: nothing is shed below this many requests in flight, however busy the process is. */
const IN_FLIGHT_MAX = 256;
/** An overload is about to begin. */
const PRESSED_WAITING = IN_FLIGHT_MAX / 2;
const CALM_MS = 5_000;
const PATIENCE_MS = 500;
const OVERLOADED_WAIT_MS = 10;
/** Bodies that are waited for at once; each is 1 MiB at most. */
const RECEIVING_MAX = 256;
const LOOK_MS = 10;
/** The whole request has to be there by then; an answer may take longer. */
const REQUEST_TIMEOUT_MS = 30_000;
const HEADERS_TIMEOUT_MS = 10_000;
const TIMEOUT_CHECK_MS = 2_000;
/** Longer than any wait: a connection on which nothing moves for so long is one that nobody reads. */
const IDLE_TIMEOUT_MS = 120_000;

/** A property, since entries of a WeakMap outlive their young keys: collecting them took four times as long. */
class GatedMessage extends IncomingMessage {
  slot: Slot | undefined;
}

export function createGate({ runningMax, origins, logger }: OverloadOptions): Gate {
  const limit = new RunningLimit(Math.min(runningMax, IN_FLIGHT_MAX / 2));
  const queue = new AdmissionQueue({
    runningMax: () => limit.value,
    inFlightMax: IN_FLIGHT_MAX,
    patienceMs: PATIENCE_MS,
    calmMs: CALM_MS,
    overloadedWaitMs: OVERLOADED_WAIT_MS,
    now: () => performance.now(),
  });
  const refuse = makeRefusal(origins);
  const watch = watchQueue(queue, limit, logger);
  const keeper: SlotKeeper = { queue, enter, receivingMax: RECEIVING_MAX, receiving: 0, aside: 0 };

  function enter(slot: Entrant): void {
    queue.enter(slot);
    if (queue.waiting > 0) watch();
  }

  function admit(request: GatedMessage, response: ServerResponse, serve: () => void): void {
    if (isExempt(request.url)) {
      serve();
      return;
    }
    const slot = new Slot(keeper, serve, () => refuse(request, response));
    request.slot = slot;
    response.once('close', () => slot.end());
    if (!hasBody(request)) slot.enter();
    // a body that came with its head is there in the next turn
    else setImmediate(() => (request.complete ? slot.enter() : slot.receive()));
  }

  return {
    serverFactory: (handler, options) =>
      configure(
        createServer(
          { connectionsCheckingInterval: TIMEOUT_CHECK_MS, IncomingMessage: GatedMessage },
          (request, response) => admit(request, response, () => handler(request, response)),
        ),
        (options as { readonly keepAliveTimeout: number }).keepAliveTimeout, // fastify's own, with its default
      ),
    counts: () => ({
      running: queue.running,
      waiting: queue.waiting,
      aside: keeper.aside + keeper.receiving,
      shed: queue.shed,
    }),
    slotOf: (request) => (request instanceof GatedMessage ? request.slot : undefined),
  };
}

/** Has a request line up when its body is there, and gives its slot back as soon as there is an answer. */
export const slotPlugin = fp(async (app: FastifyInstance, { gate }: { readonly gate: Gate }) => {
  app.addHook('preValidation', (request, _, done) => {
    const slot = gate.slotOf(request.raw);
    if (slot?.isReceiving === true) slot.received().then(() => done(), done);
    else done();
  });
  app.addHook('onSend', (request, _, payload, done) => {
    gate.slotOf(request.raw)?.end();
    done(null, payload);
  });
});

/** Load balancers and kubelets are told the truth also by a process that is overloaded. */
function isExempt(url: string | undefined): boolean {
  return url === '/healthz' || url === '/readyz';
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}

function configure(server: Server, keepAliveTimeout: number): Server {
  server.keepAliveTimeout = keepAliveTimeout;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.setTimeout(IDLE_TIMEOUT_MS);
  return server;
}

/** Looks after the queue while somebody waits or is shed, and logs the beginning and the end of an overload. */
function watchQueue(
  queue: AdmissionQueue,
  limit: RunningLimit,
  logger: Pick<Logger, 'warn' | 'info'>,
): () => void {
  const state = { isWatching: false, isOverloaded: false, shedBefore: 0, dueAt: 0 };

  function lookLater(): void {
    state.dueAt = performance.now() + LOOK_MS;
    setTimeout(look, LOOK_MS).unref();
  }

  function look(): void {
    const isPressed = queue.isOverloaded || queue.waiting > PRESSED_WAITING;
    limit.observe(performance.now() - state.dueAt, isPressed);
    queue.serve();
    noteOverload();
    state.isWatching = queue.waiting > 0 || queue.isOverloaded;
    if (state.isWatching) lookLater();
  }

  function noteOverload(): void {
    if (queue.isOverloaded === state.isOverloaded) return;
    state.isOverloaded = queue.isOverloaded;
    if (state.isOverloaded)
      logger.warn({ running: queue.running, waiting: queue.waiting }, 'overloaded: requests are shed');
    else {
      logger.info({ shed: queue.shed - state.shedBefore }, 'not overloaded any more');
      state.shedBefore = queue.shed;
    }
  }

  return () => {
    if (state.isWatching) return;
    state.isWatching = true;
    lookLater();
  };
}
