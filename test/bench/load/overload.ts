/**
 * The load generator of an overload, a process of its own: creates of EIPs leave at fixed times whether or not earlier
 * ones are answered, on connections that are opened as they are needed. Its plan comes as its first message, and what
 * came of it is the message that it answers with.
 */
import { once } from 'node:events';
import { Agent, request } from 'node:http';

export interface OverloadPlan {
  readonly port: number;
  readonly tenants: readonly { readonly token: string; readonly project: string }[];
  /** Of names that nobody else gives. */
  readonly prefix: string;
  readonly perSecond: number;
  readonly seconds: number;
}

export interface OverloadResult {
  /** From the moment in which a request was sent to the end of its answer; none waits for another one to be answered. */
  readonly acceptedMs: readonly number[];
  /** How much later than it was due the latest one was sent: the generator's own fault, and the machine's. */
  readonly lateMs: number;
  readonly shed: number;
  /** Answers 503 or 429 without Retry-After, other statuses, and requests without an answer. */
  readonly faults: Readonly<Record<string, number>>;
}

const [plan] = (await once(process, 'message')) as [OverloadPlan]; // its starter's
const TURN_MS = 2;
/** As many as a few portals would have. */
const SOCKETS_MAX = 2_000;
const agent = new Agent({ keepAlive: true, maxSockets: SOCKETS_MAX, scheduling: 'lifo' });
const acceptedMs: number[] = [];
const faults: Record<string, number> = {};
let shed = 0;
let lateMs = 0;

function count(fault: string): void {
  faults[fault] = (faults[fault] ?? 0) + 1;
}

function ask(number: number, sentAt: number): Promise<void> {
  const { port, tenants, prefix } = plan;
  const { token, project } = tenants[number % tenants.length] ?? { token: '', project: '' };
  const body = JSON.stringify({ project_id: project, name: `${prefix}-${number}`, network: 'cloud' });
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    'content-length': body.length,
  };
  const { promise, resolve } = Promise.withResolvers<void>();
  const asked = request({ host: '127.0.0.1', port, path: '/v1/eips', method: 'POST', agent, headers });
  asked.once('error', (error: NodeJS.ErrnoException) => {
    count(error.code ?? error.message);
    resolve();
  });
  asked.once('response', (response) => {
    const { statusCode, headers } = response;
    response.resume().once('close', () => {
      const isShed = statusCode === 503 || statusCode === 429;
      if (statusCode === 201) acceptedMs.push(performance.now() - sentAt);
      else if (isShed && headers['retry-after'] !== undefined) shed += 1;
      else count(String(statusCode));
      resolve();
    });
  });
  asked.end(body);
  return promise;
}

const startedAt = performance.now();
const total = Math.round(plan.perSecond * plan.seconds);
const answers: Promise<void>[] = [];
while (answers.length < total) {
  const dueNow = Math.min(total, Math.floor(((performance.now() - startedAt) / 1_000) * plan.perSecond));
  while (answers.length < dueNow) {
    const number = answers.length;
    const sentAt = performance.now();
    lateMs = Math.max(lateMs, sentAt - startedAt - (number * 1_000) / plan.perSecond);
    answers.push(ask(number, sentAt));
  }
  await new Promise((resolve) => setTimeout(resolve, TURN_MS));
}
await Promise.all(answers);
agent.destroy();
process.send?.({ acceptedMs, lateMs, shed, faults } satisfies OverloadResult, () => process.disconnect());
