/**
 * Whoever calls the API: keeps a journal of all that it asked for and of what it was told, and asks again, with the same
 * key and the same body, until it is told.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Kind, kinds } from '@netplane/domain';

export type Verb = 'create' | 'update' | 'delete';

export interface View {
  readonly id: string;
  readonly revision: number;
  readonly status?: { readonly phase: string; readonly message: string };
  readonly [field: string]: unknown;
}

export interface Request {
  readonly verb: Verb;
  readonly kind: Kind;
  /** Of the resource that it changes; of a create it is what the answer says. */
  readonly id?: string;
  readonly body?: object;
}

/** A request and what became of it. */
export interface Entry extends Request {
  readonly key: string;
  /** Tries without an answer, or answered with what says to try again. */
  unanswered: number;
  answer: Answer | undefined;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly isReplayed: boolean;
}

/** An answer that says to come again, with what it has to say for that. */
export interface Refusal {
  readonly status: number;
  readonly text: string;
  readonly contentType: string;
  readonly retryAfter: string | null;
}

export interface ChaosClient {
  readonly journal: readonly Entry[];
  /** Those since the journal was begun. */
  readonly refusals: readonly Refusal[];
  /** Sends once. The entry has no answer where none came. */
  send(request: Request): Promise<Entry>;
  /** Sends again until there is an answer. @throws Error when there is none in time */
  settle(entry: Entry): Promise<Answer>;
  /** Both, for what has to succeed. @throws Error for an answer that is not 2xx */
  must(request: Request): Promise<View>;
  /** The same create once more. */
  replay(entry: Entry): Promise<Answer>;
  /** @returns `undefined` for 404 */
  get(kind: Kind, id: string): Promise<View | undefined>;
  list(kind: Kind, query: string): Promise<readonly View[]>;
  forget(): void;
}

const CALL_TIMEOUT_MS = 15_000;
const SETTLE_TIMEOUT_MS = 60_000;
const TRY_AGAIN_MS = 100;

/** @param urlOf of the API, asked at each call: a process that was started again has another port */
export function createClient(urlOf: () => string, token: string): ChaosClient {
  const journal: Entry[] = [];
  const refusals: Refusal[] = [];

  async function call(method: string, path: string, key?: string, body?: object) {
    const response = await fetch(`${urlOf()}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(key === undefined ? {} : { 'idempotency-key': key }),
        ...(body === undefined ? {} : { 'content-type': contentType(method) }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
    });
    const isReplayed = response.headers.get('idempotency-replayed') === 'true';
    const answer = { status: response.status, text: await response.text(), isReplayed };
    if (isTemporary(answer)) {
      const { status, text } = answer;
      const [contentType, retryAfter] = ['content-type', 'retry-after'].map((at) => response.headers.get(at));
      refusals.push({ status, text, contentType: contentType ?? '', retryAfter: retryAfter ?? null });
    }
    return answer;
  }

  async function ask(entry: Entry): Promise<Answer | undefined> {
    const method = { create: 'POST', update: 'PATCH', delete: 'DELETE' }[entry.verb];
    const path = `/v1/${kinds[entry.kind].collection}${entry.verb === 'create' ? '' : `/${entry.id}`}`;
    const key = entry.verb === 'create' ? entry.key : undefined;
    const answer = await call(method, path, key, entry.body).catch(() => undefined);
    return answer === undefined || isTemporary(answer) ? undefined : answer;
  }

  async function send(request: Request): Promise<Entry> {
    const entry: Entry = { ...request, key: randomUUID(), unanswered: 0, answer: undefined };
    journal.push(entry);
    entry.answer = await ask(entry);
    if (entry.answer === undefined) entry.unanswered += 1;
    return entry;
  }

  async function settle(entry: Entry): Promise<Answer> {
    const deadline = performance.now() + SETTLE_TIMEOUT_MS;
    while (entry.answer === undefined) {
      if (performance.now() > deadline) throw new Error(`${entry.kind}.${entry.verb} got no answer`);
      await sleep(TRY_AGAIN_MS);
      entry.answer = await ask(entry);
      if (entry.answer === undefined) entry.unanswered += 1;
    }
    return entry.answer;
  }

  async function read<T>(path: string): Promise<T | undefined> {
    const { status, text } = await call('GET', path);
    if (status === 404) return undefined;
    if (status !== 200) throw new Error(`GET ${path}: ${status} ${text}`);
    return JSON.parse(text) as T; // our own API, held to its schema by the contract tests
  }

  return {
    journal,
    refusals,
    send,
    settle,
    async must(request) {
      const { status, text } = await settle(await send(request));
      if (status >= 300) throw new Error(`${request.kind}.${request.verb}: ${status} ${text}`);
      return text === '' ? { id: request.id ?? '', revision: 0 } : (JSON.parse(text) as View); // as above
    },
    async replay(entry) {
      const answer = await ask(entry);
      return answer ?? { status: 0, text: '', isReplayed: false };
    },
    get: (kind, id) => read<View>(`/v1/${kinds[kind].collection}/${id}`),
    async list(kind, query) {
      const page = await read<{ items: readonly View[] }>(`/v1/${kinds[kind].collection}?${query}`);
      return page?.items ?? [];
    },
    forget() {
      journal.length = 0;
      refusals.length = 0;
    },
  };
}

/** Says itself that it may be asked again. */
function isTemporary({ status, text }: Answer): boolean {
  return status === 503 || status === 429 || (status === 409 && text.includes('idempotency_in_flight'));
}

function contentType(method: string): string {
  return method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
}

/** Whether it was accepted: also a delete whose answer was lost, and that finds nothing any more. */
export function isAccepted({ answer, verb, unanswered }: Entry): boolean {
  const { status = 0 } = answer ?? {};
  return (status >= 200 && status < 300) || (verb === 'delete' && status === 404 && unanswered > 0);
}

/** The resource that an accepted create has made. */
export function createdId(entry: Entry): string {
  return (JSON.parse(entry.answer?.text ?? '{}') as View).id; // a 2xx of a create is the resource
}
