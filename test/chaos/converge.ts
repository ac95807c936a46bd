/** Waits until the rows and the cluster agree and nothing is under way. */
import { setTimeout as sleep } from 'node:timers/promises';
import { kinds } from '@netplane/domain';
import { createdId, type Entry, isAccepted } from './client.ts';
import type { Lane } from './stage/lane.ts';

/** Design §8: after the end of a fault. */
const LIMIT_SECONDS = 60;
const LOOK_MS = 150;

export interface ConvergeOptions {
  /** What else is in the way, if anything. */
  readonly obstacle?: () => Promise<string | undefined>;
  readonly limitSeconds?: number;
  readonly signal?: AbortSignal;
}

const noOther = async () => undefined;

/**
 * @param since by `performance.now()`: when the fault ended
 * @returns seconds from then until it was so
 * @throws Error that names what is in the way when the time is over
 */
export async function converge(lane: Lane, since: number, options: ConvergeOptions = {}): Promise<number> {
  const { obstacle: alsoHolds = noOther, limitSeconds = LIMIT_SECONDS, signal } = options;
  for (;;) {
    signal?.throwIfAborted();
    const obstacle = await obstacleIn(lane, alsoHolds).catch((error: unknown) => String(error));
    const seconds = (performance.now() - since) / 1_000;
    if (obstacle === undefined) return seconds;
    if (seconds > limitSeconds) {
      const unlike = await obstacleInAnswers(lane).catch(String);
      throw new Error(
        `not converged after ${limitSeconds} s: ${obstacle}; ${unlike ?? 'all is as answered'}`,
      );
    }
    await sleep(LOOK_MS);
  }
}

async function obstacleIn(
  lane: Lane,
  alsoHolds: () => Promise<string | undefined>,
): Promise<string | undefined> {
  return (await obstacleInQueue(lane)) ?? (await obstacleInAnswers(lane)) ?? (await alsoHolds());
}

/** Work that is due, being done, or put back because something is not as it should be. */
async function obstacleInQueue({ owner, workers }: Lane): Promise<string | undefined> {
  const { rows } = await owner.query<{ work: string }>(
    `select concat_ws(' ', w.kind, w.id, 'tries', attempts, 'claimed by', claimed_by) as work
     from work_item w join cluster c on c.id = w.cluster_id and c.name = any($1)
     where w.run_at <= clock_timestamp() or w.lease_until is not null or w.attempts > 0`,
    [workers.map(({ serves }) => serves)],
  );
  if (rows.length > 0) return rows.map(({ work }) => work).join(', ');
  const events = await owner.query('select 1 from event where seq is null limit 1');
  return events.rowCount === 0 ? undefined : 'events without a number';
}

/** Whatever was accepted is so by now. */
async function obstacleInAnswers({ client }: Lane): Promise<string | undefined> {
  const deleted = new Set(client.journal.filter(({ verb }) => verb === 'delete').map(({ id }) => id));
  for (const entry of client.journal.filter(isAccepted)) {
    const obstacle = await obstacleOf(entry, client.get, deleted);
    if (obstacle !== undefined) return obstacle;
  }
  return undefined;
}

async function obstacleOf(
  entry: Entry,
  get: Lane['client']['get'],
  deleted: ReadonlySet<string | undefined>,
): Promise<string | undefined> {
  const id = entry.verb === 'create' ? createdId(entry) : (entry.id ?? '');
  if (entry.verb !== 'delete' && deleted.has(id)) return undefined;
  const view = await get(entry.kind, id);
  if (entry.verb === 'delete')
    return view === undefined ? undefined : `${id} is still there: ${JSON.stringify(view.status)}`;
  if (view === undefined) return `${id} was accepted and is not there`;
  if (!kinds[entry.kind].provisioned) return undefined;
  const { phase = '', message = '' } = view.status ?? {};
  return phase === 'ready' ? undefined : `${id} is ${phase}: ${message}`;
}
