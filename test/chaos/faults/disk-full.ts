/**
 * The disk of PostgreSQL is full: where its tables lie, each statement that needs room fails; where its log lies, the
 * server ends. Whoever writes meanwhile is told to come again, and nothing is half written.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { projectBody } from '../../support/builders/project.builder.ts';
import type { Entry, Refusal } from '../client.ts';
import { converge } from '../converge.ts';
import type { ChaosCase, Outcome } from '../fault.ts';
import type { Lane } from '../stage/lane.ts';
import { moveAside, moveToSmallDisk, type SmallDisk } from '../stage/small-disk.ts';
import { startTraffic } from '../traffic.ts';
import { fixedFault } from './fixed-cases.ts';

/** Mebibytes: enough for what comes before, little enough to be full soon. */
const ROOM = 48;
const WARM_UP_MS = 1_500;
const FULL_MS = 5_000;
const PROBE_EVERY_MS = 100;
const REFUSED_WITHIN_MS = 40_000;

interface Disk {
  /** Gives what is in the data folder a small disk of its own. */
  readonly move: (data: string) => Promise<SmallDisk>;
  /** Takes room. @returns whether it was refused as it is where there is none */
  readonly provoke: (lane: Lane) => Promise<boolean>;
}

const DISK_FULL = '53100';
const CHUNK_BYTES = 4_000_000;

const places = {
  /** The log lies elsewhere: statements fail with `disk_full`. */
  tables: {
    async move(data) {
      await moveAside(join(data, 'pg_wal'));
      return moveToSmallDisk(data, ROOM);
    },
    provoke: async ({ owner }) =>
      (await errorOf(
        owner,
        'create temporary table filler on commit drop as select $1::int, s from generate_series(1, 100000) s',
      )) === DISK_FULL,
  },
  /** A server that cannot write its log ends; it has room for a while, which is used up. */
  log: {
    move: (data) => moveToSmallDisk(join(data, 'pg_wal'), ROOM),
    async provoke({ owner }) {
      const code = await errorOf(owner, "select pg_logical_emit_message(true, 'chaos', repeat('x', $1))");
      return code !== undefined && code !== DISK_FULL;
    },
  },
} as const satisfies Record<string, Disk>;

/** SQLSTATE, or what says that nobody answers. */
async function errorOf(owner: Lane['owner'], statement: string): Promise<string | undefined> {
  return owner.query(statement, [CHUNK_BYTES]).then(
    () => undefined,
    (error: { readonly code?: string; readonly message: string }) => error.code ?? error.message,
  );
}

type Place = keyof typeof places;

export const diskFull = fixedFault({
  name: 'disk-full',
  against: ['simulator'],
  list: () => (Object.keys(places) as Place[]).map(createCase),
});

function createCase(place: Place): ChaosCase {
  return { id: `disk-full:${place}`, ownServer: true, run: (lane) => run(lane, place) };
}

async function run(lane: Lane, place: Place): Promise<Outcome> {
  const { postgres } = lane;
  await postgres.stop();
  const disk = await places[place].move(join(lane.directory, 'postgres/data'));
  try {
    await postgres.start();
    await converge(lane, performance.now());
    const { injected, since } = await beFull(lane, place, disk);
    return { injected, convergedSeconds: await converge(lane, since), leave: () => disk.detach() };
  } catch (error) {
    await disk.detach();
    throw error;
  }
}

/** @returns how often a caller was refused, and when there was room again */
async function beFull(lane: Lane, place: Place, disk: SmallDisk) {
  const traffic = startTraffic(lane, { callers: 3, pauseMs: 50 });
  await sleep(WARM_UP_MS);
  await disk.fill();
  const probes: Entry[] = [];
  const started = performance.now();
  const { refusals } = lane.client;
  let isFull = false;
  while (refusals.length === 0 || !isFull || performance.now() - started < FULL_MS) {
    if (performance.now() - started > REFUSED_WITHIN_MS) throw new Error('nobody was refused');
    isFull ||= await places[place].provoke(lane);
    const body = projectBody(lane.world.organizationId);
    probes.push(await lane.client.send({ kind: 'project', verb: 'create', body }));
    await sleep(PROBE_EVERY_MS);
  }
  const count = refusals.length;
  for (const refusal of refusals) assertRefusal(refusal);
  for (const { name, program } of [lane.api, ...lane.workers])
    if (!program.isRunning) throw new Error(`${name} has ended`);
  if (place === 'tables') await lane.client.list('project', 'limit=10');
  await disk.free();
  const since = performance.now();
  // as whoever looks after the server does, where it did not come back by itself
  await lane.owner.query('select 1').catch(() => lane.postgres.stop().then(() => lane.postgres.start()));
  for (const probe of probes) await lane.client.settle(probe);
  await traffic.stop();
  return { injected: count, since };
}

/** @throws Error unless it says everything that a client needs to come again */
function assertRefusal({ status, text, contentType, retryAfter }: Refusal): void {
  const isProblem = status === 503 && contentType.includes('application/problem+json');
  if (!isProblem || retryAfter === null || !text.includes('"retryable":true'))
    throw new Error(`refused with ${status}, ${contentType}, retry-after ${retryAfter}: ${text}`);
}
