/**
 * The load generator of an overload, a process of its own: creates of EIPs leave at fixed times whether or not earlier
 * ones are answered, on connections that are opened as they are needed. Its plan comes as its first message, and what
 * came of it is the message that it answers with.
 */
import { once } from 'node:events';
import { type HttpConnection, openHttpConnection } from './http-connections.ts';
import { type HttpLoad, requestOf } from './load.ts';

/** `concurrency` is how many may be under way at once, as many as a few portals would have. */
export interface OverloadPlan extends HttpLoad {
  readonly extent: { readonly seconds: number };
  readonly perSecond: number;
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
  const { concurrency, port } = plan;
  if (opened > concurrency) throw new Error(`more than ${concurrency} requests were under way at once`);
  return openHttpConnection(port);
}

async function ask(index: number, sentAt: number): Promise<void> {
  const connection = await takeConnection();
  const { status, bytes } = await connection.ask(requestOf(plan, plan.firstNumber + index));
  idle.push(connection);
  const isShed = status === 503 || status === 429;
  if (status === plan.expectedStatus) acceptedMs.push(performance.now() - sentAt);
  else if (isShed && bytes.includes(RETRY_AFTER)) shed += 1;
  else count(String(status));
}

const startedAt = performance.now();
const total = Math.round(plan.perSecond * plan.extent.seconds);
const answers: Promise<void>[] = [];
while (answers.length < total) {
  const dueNow = Math.min(total, Math.floor(((performance.now() - startedAt) / 1_000) * plan.perSecond));
  while (answers.length < dueNow) {
    const index = answers.length;
    const sentAt = performance.now();
    lateMs = Math.max(lateMs, sentAt - startedAt - (index * 1_000) / plan.perSecond);
    answers.push(ask(index, sentAt).catch((error: Error) => count(error.message)));
  }
  await new Promise((resolve) => setTimeout(resolve, TURN_MS));
}
await Promise.all(answers);
for (const connection of idle) connection.close();
process.send?.({ acceptedMs, lateMs, shed, faults } satisfies OverloadResult, () => process.disconnect());
