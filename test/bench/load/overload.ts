/**
 * The load generator of an overload, a process of its own: creates of EIPs leave at fixed times whether or not earlier
 * ones are answered, on connections that are opened as they are needed. Its plan comes as its first message, and what
 * came of it is the message that it answers with.
 */
import { once } from 'node:events';
import { type HttpConnection, openHttpConnection } from './http-connections.ts';

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
const RETRY_AFTER = '\r\nretry-after: ';
const idle: HttpConnection[] = [];
let opened = 0;
const acceptedMs: number[] = [];
const faults: Record<string, number> = {};
let shed = 0;
let lateMs = 0;

function count(fault: string): void {
  faults[fault] = (faults[fault] ?? 0) + 1;
}

async function takeConnection(): Promise<HttpConnection> {
  const connection = idle.pop();
  if (connection !== undefined) return connection;
  opened += 1;
  if (opened > SOCKETS_MAX) throw new Error(`more than ${SOCKETS_MAX} requests were under way at once`);
  return openHttpConnection(plan.port);
}

async function ask(number: number, sentAt: number): Promise<void> {
  const connection = await takeConnection();
  const { status, bytes } = await connection.ask(requestOf(number));
  idle.push(connection);
  const isShed = status === 503 || status === 429;
  if (status === 201) acceptedMs.push(performance.now() - sentAt);
  else if (isShed && bytes.includes(RETRY_AFTER)) shed += 1;
  else count(String(status));
}

function requestOf(number: number): string {
  const { tenants, prefix } = plan;
  const { token, project } = tenants[number % tenants.length] ?? { token: '', project: '' };
  const body = `{"project_id":"${project}","name":"${prefix}-${number}","network":"cloud"}`;
  return [
    'POST /v1/eips HTTP/1.1',
    'host: bench',
    `authorization: Bearer ${token}`,
    'content-type: application/json',
    `content-length: ${body.length}\r\n\r\n${body}`,
  ].join('\r\n');
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
    answers.push(ask(number, sentAt).catch((error: Error) => count(error.message)));
  }
  await new Promise((resolve) => setTimeout(resolve, TURN_MS));
}
await Promise.all(answers);
for (const connection of idle) connection.close();
process.send?.({ acceptedMs, lateMs, shed, faults } satisfies OverloadResult, () => process.disconnect());
