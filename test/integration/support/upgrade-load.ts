/** Clients that go on working while versions change under them, as a portal does behind a balancer. */
import { randomUUID } from 'node:crypto';
import type { Answer, CallOptions } from '../../support/api.ts';
import { eipBody } from '../../support/builders/eip.builder.ts';
import type { Client } from './upgrade-stage.ts';
import type { EipView, Page, Problem } from './views.ts';

export interface LoadReport {
  /** Answered 2xx, and what must therefore be true. */
  readonly kept: ReadonlyMap<string, EipView>;
  readonly deleted: readonly string[];
  /** Answers 503 that said when to try again, and were tried again. */
  readonly shed: number;
  readonly requests: number;
  /** Whatever else was not as it should be. */
  readonly faults: readonly string[];
}

export interface Load {
  /** So many rounds of create, replay, update, list and perhaps delete, each project's one after the other. */
  run(clients: readonly Client[], rounds: number): Promise<void>;
  readonly report: LoadReport;
}

const TRIES = 20;

interface State {
  clients: readonly Client[];
  round: number;
  requests: number;
  shed: number;
  readonly kept: Map<string, EipView>;
  readonly deleted: string[];
  readonly faults: string[];
}

/** @param projectIds each gets addresses from one client of its own */
export function createLoad(projectIds: readonly string[]): Load {
  const state: State = {
    ...{ clients: [], round: 0, requests: 0, shed: 0 },
    ...{ kept: new Map<string, EipView>(), deleted: [], faults: [] },
  };
  return {
    async run(clients, rounds) {
      const last = state.round + rounds;
      state.clients = clients;
      const loops = projectIds.map(async (projectId) => {
        while (state.round < last) {
          state.round += 1;
          await round(state, projectId, state.round).catch((error: unknown) => {
            state.faults.push(String(error instanceof Error ? (error.cause ?? error) : error));
          });
        }
      });
      await Promise.all(loops);
    },
    report: state,
  };
}

/** Each request goes to another server than the last one. */
async function round(state: State, projectId: string, number: number): Promise<void> {
  const body = eipBody(projectId);
  const headers = { 'idempotency-key': randomUUID() };
  const made = await ask<EipView>(state, 'POST', '/v1/eips', { body, headers });
  if (made.status !== 201) throw new Error(`create: ${made.status} ${made.text}`);
  const path = `/v1/eips/${made.body.id}`;
  state.kept.set(made.body.id, made.body);
  const replay = await ask(state, 'POST', '/v1/eips', { body, headers });
  if (replay.text !== made.text) throw new Error(`the replay is not the answer: ${replay.text}`);

  const labels = { round: String(number) };
  const change = { body: { labels }, headers: { 'if-match': made.headers.get('etag') ?? '' } };
  const updated = await ask<EipView>(state, 'PATCH', path, change);
  // a retried PATCH may find its own revision
  if (updated.status !== 200 && updated.status !== 412)
    throw new Error(`update: ${updated.status} ${updated.text}`);
  state.kept.set(made.body.id, { ...made.body, labels });

  const page = await ask<Page<EipView>>(state, 'GET', `/v1/eips?name=${body.name}`);
  if (page.body.items.length !== 1) throw new Error(`not listed once: ${page.text}`);
  if (number % 2 === 0) return;
  const gone = await ask(state, 'DELETE', path);
  if (gone.status !== 202) throw new Error(`delete: ${gone.status} ${gone.text}`);
  state.kept.delete(made.body.id);
  state.deleted.push(made.body.id);
}

/** A good client: where the answer says "later", it asks again, elsewhere, with the same key. */
async function ask<T = unknown>(
  state: State,
  method: string,
  path: string,
  options: CallOptions = {},
): Promise<Answer<T>> {
  for (let tries = 1; ; tries += 1) {
    state.requests += 1;
    const client = state.clients[state.requests % state.clients.length];
    if (client === undefined) throw new Error('nobody to ask');
    const answer = await client.call<T>(method, path, { as: 'acme_owner', ...options });
    if (answer.status !== 503 || tries === TRIES) return answer;
    const { retryable } = answer.body as unknown as Problem; // a 503 is a problem
    if (!retryable || answer.headers.get('retry-after') === null) return answer;
    state.shed += 1;
  }
}
