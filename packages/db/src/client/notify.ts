/**
 * Wake-ups between processes over LISTEN/NOTIFY. Only hints: whoever waits also looks by itself. NOTIFY serialises
 * commits, so it is sent at a bounded rate: the first of an interval may go with the statement that it speaks of, which
 * spares whoever waits a round trip; all others are sent after their commits.
 */
import pg from 'pg';
import type { Tx } from './database.ts';

export const channels = {
  /** API → worker: there is work. */
  work: 'netplane_work',
  /** Worker → API: the status of these ids changed (payload: ids, comma-separated). */
  status: 'netplane_status',
  /** API → API: role bindings or issuers changed. */
  access: 'netplane_access',
} as const;

/** Rare, and a security matter: in the transaction of the change itself. */
export async function notifyAccessChanged(tx: Tx): Promise<void> {
  await tx.query({ text: `select pg_notify('${channels.access}', '')` });
}

/** PostgreSQL's limit is 8,000 bytes; a UUID and a comma take 37. */
const IDS_PER_NOTIFY = 200;

export interface Notifier {
  /** Sends at once, or with all others at the end of the interval since the last time. */
  notify(id?: string): void;
  /**
   * Whether the caller may notify now with a statement of his own; it counts as sent. Where it is `false` he calls
   * `notify` after his commit.
   */
  takeTurn(): boolean;
  close(): Promise<void>;
}

/** Notifies one channel at most once per interval. A failure is reported and dropped: receivers also poll. */
export function createNotifier(
  pool: pg.Pool,
  channel: string,
  options: { readonly intervalMs: number; readonly onError: (error: unknown) => void },
): Notifier {
  const pending = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let sending = Promise.resolve();
  let sentAt = Number.NEGATIVE_INFINITY;

  function waitMs(): number {
    return sentAt + options.intervalMs - performance.now();
  }

  function sendNow(): void {
    timer = undefined;
    sentAt = performance.now();
    const ids = [...pending];
    pending.clear();
    sending = sending.then(() => send(ids));
  }

  async function send(ids: readonly string[]): Promise<void> {
    for (let start = 0; start < Math.max(ids.length, 1); start += IDS_PER_NOTIFY) {
      const payload = ids.slice(start, start + IDS_PER_NOTIFY).join(',');
      await pool.query('select pg_notify($1, $2)', [channel, payload]).catch(options.onError);
    }
  }

  return {
    notify(id) {
      if (id !== undefined) pending.add(id);
      if (timer !== undefined) return; // goes with the others
      const wait = waitMs();
      if (wait <= 0) sendNow();
      else timer = setTimeout(sendNow, wait);
    },
    takeTurn() {
      if (timer !== undefined || waitMs() > 0) return false;
      sentAt = performance.now();
      return true;
    },
    async close() {
      if (timer !== undefined) {
        clearTimeout(timer);
        sendNow();
      }
      await sending;
    },
  };
}

export interface Listener {
  close(): Promise<void>;
}

export interface ListenOptions {
  readonly url: string;
  readonly channel: string;
  readonly applicationName: string;
  readonly onMessage: (payload: string) => void;
  /** Called when listening begins (again): messages before it may have been missed. */
  readonly onConnect: () => void;
  /** Called when the connection is lost: until `onConnect` nothing arrives. */
  readonly onDisconnect: (error: unknown) => void;
}

const RECONNECT_MS = 500;

/** Listens on a connection of its own, which is opened again when it is lost. */
export function listen(options: ListenOptions): Listener {
  let client: pg.Client | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;

  async function connect(): Promise<void> {
    const opened = new pg.Client({
      connectionString: options.url,
      application_name: options.applicationName,
      keepAlive: true,
    });
    opened.on('error', (error) => lost(opened, error));
    opened.on('end', () => lost(opened, undefined));
    opened.on('notification', (message) => options.onMessage(message.payload ?? ''));
    client = opened;
    try {
      await opened.connect();
      await opened.query(`listen ${options.channel}`);
      options.onConnect();
    } catch (error) {
      lost(opened, error);
    }
  }

  function lost(which: pg.Client, error: unknown): void {
    if (client !== which || isClosed) return;
    client = undefined;
    which.end().catch(() => {}); // it is lost already
    options.onDisconnect(error);
    timer = setTimeout(() => void connect(), RECONNECT_MS);
  }

  void connect();
  return {
    async close() {
      isClosed = true;
      clearTimeout(timer);
      await client?.end();
    },
  };
}
