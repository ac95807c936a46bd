/** Prometheus metrics of the process: by operation, never by tenant text. Served on the admin port only. */
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Gate } from './http/overload.ts';

const SECONDS_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60];

export const metricsPlugin = fp(
  async (app: FastifyInstance, { registry, gate }: { readonly registry: Registry; readonly gate: Gate }) => {
    registerGate(registry, gate);
    const labelNames = ['operation', 'status'] as const;
    const requests = new Counter({
      name: 'netplane_api_requests_total',
      help: 'Requests by operation and HTTP status',
      labelNames,
      registers: [registry],
    });
    const seconds = new Histogram({
      name: 'netplane_api_request_seconds',
      help: 'Time to answer, waits included',
      labelNames,
      buckets: SECONDS_BUCKETS,
      registers: [registry],
    });
    app.addHook('onResponse', (request, reply, done) => {
      const operation = request.routeOptions.config.operation ?? 'other';
      const labels = { operation, status: String(reply.statusCode) };
      requests.inc(labels);
      seconds.observe(labels, reply.elapsedTime / 1_000);
      done();
    });
  },
);

/** What the gate counts, read when it is asked for. */
function registerGate(registry: Registry, gate: Gate): void {
  const gauges = {
    running: 'Requests that are being served',
    waiting: 'Requests that wait to be served',
    aside: 'Requests that wait for a worker or for the rest of their body',
  } as const;
  for (const [name, help] of Object.entries(gauges)) {
    new Gauge({
      name: `netplane_api_requests_${name}`,
      help,
      registers: [registry],
      collect() {
        this.set(gate.counts()[name as keyof typeof gauges]); // a key of the object above
      },
    });
  }
  new Counter({
    name: 'netplane_api_requests_shed_total',
    help: 'Requests that were told to come again, unserved',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(gate.counts().shed);
    },
  });
}

export function createRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}
