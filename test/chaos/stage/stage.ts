/** What a run opens once: PostgreSQL, an identity provider, and lanes as they are needed. */
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTestIdentity, type TestIdentity } from '../../support/identity.ts';
import { converge } from '../converge.ts';
import type { ChaosCluster } from './cluster.ts';
import { type Lane, startLane } from './lane.ts';
import { type ChaosPostgres, startChaosPostgres } from './postgres-server.ts';
import { startSimulatedCluster } from './simulated-cluster.ts';

export interface Stage {
  /** Removed at the end, with all logs, unless something failed. */
  readonly directory: string;
  readonly postgres: ChaosPostgres;
  readonly identity: TestIdentity;
  /** A new lane, ready. With a server of its own where a case breaks the server. */
  openLane(options?: { readonly ownServer?: boolean }): Promise<Lane>;
  /** Ends its processes; the logs stay. */
  closeLane(lane: Lane): Promise<void>;
  stop(options: { readonly keepLogs: boolean }): Promise<void>;
}

export interface StageOptions {
  /** One cluster for all lanes, or one of its own for each. */
  readonly openCluster?: (directory: string) => Promise<ChaosCluster>;
}

const WORLD_LIMIT_SECONDS = 120;

export async function openStage({ openCluster }: StageOptions = {}): Promise<Stage> {
  const directory = await mkdtemp(join(tmpdir(), 'netplane-chaos-'));
  await chmod(directory, 0o755); // PostgreSQL may run as another user
  const [postgres, identity] = await Promise.all([
    startChaosPostgres({ directory: join(directory, 'shared') }),
    startTestIdentity(),
  ]);
  /** What ends a lane and what it runs on, by its name; there from the moment in which something of it runs. */
  const endsOf = new Map<string, (() => Promise<void>)[]>();
  const opening = new Set<Promise<Lane>>();
  let count = 0;

  async function openLane(name: string, ownServer: boolean): Promise<Lane> {
    const own = join(directory, name);
    await mkdir(own, { recursive: true, mode: 0o755 });
    const ends: (() => Promise<void>)[] = [];
    endsOf.set(name, ends);
    const server = ownServer ? await startChaosPostgres({ directory: own }) : postgres;
    if (ownServer) ends.unshift(() => server.stop());
    const cluster = await (openCluster ?? ((at) => startSimulatedCluster(at, 'simulator')))(own);
    ends.unshift(() => cluster.stop());
    const lane = await startLane({ name, directory, postgres: server, identity, cluster });
    ends.unshift(() => lane.stop());
    await converge(lane, performance.now(), { limitSeconds: WORLD_LIMIT_SECONDS });
    lane.client.forget();
    return lane;
  }

  async function closeLane(name: string): Promise<void> {
    const ends = endsOf.get(name) ?? [];
    endsOf.delete(name);
    for (const end of ends) await end();
  }

  return {
    directory,
    postgres,
    identity,
    openLane({ ownServer = false } = {}) {
      count += 1;
      const lane = openLane(`lane-${count}`, ownServer);
      opening.add(lane);
      return lane.finally(() => opening.delete(lane));
    },
    closeLane: ({ name }) => closeLane(name),
    async stop({ keepLogs }) {
      await Promise.allSettled(opening);
      // lanes before what they run on; whatever has died on the way is no reason to leave the rest
      for (const name of [...endsOf.keys()])
        await closeLane(name).catch((error: unknown) => console.error(error));
      await Promise.all([postgres.stop(), identity.stop()]);
      await rm(keepLogs ? join(directory, 'shared') : directory, { recursive: true, force: true });
    },
  };
}
