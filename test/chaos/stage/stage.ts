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
  const stops = new Map<Lane, () => Promise<void>>();
  let count = 0;
  const closeLane = async (lane: Lane) => {
    const stop = stops.get(lane);
    stops.delete(lane);
    await stop?.();
  };
  return {
    directory,
    postgres,
    identity,
    async openLane({ ownServer = false } = {}) {
      count += 1;
      const name = `lane-${count}`;
      const own = join(directory, name);
      await mkdir(own, { recursive: true, mode: 0o755 });
      const server = ownServer ? await startChaosPostgres({ directory: own }) : postgres;
      const cluster = await (openCluster ?? ((at) => startSimulatedCluster(at, 'simulator')))(own);
      const lane = await startLane({ name, directory, postgres: server, identity, cluster });
      stops.set(lane, async () => {
        await lane.stop();
        await cluster.stop();
        if (ownServer) await server.stop();
      });
      await converge(lane, performance.now(), { limitSeconds: WORLD_LIMIT_SECONDS });
      lane.client.forget();
      return lane;
    },
    closeLane,
    async stop({ keepLogs }) {
      // lanes before what they run on; whatever has died on the way is no reason to leave the rest
      for (const lane of [...stops.keys()])
        await closeLane(lane).catch((error: unknown) => console.error(error));
      await Promise.all([postgres.stop(), identity.stop()]);
      await rm(keepLogs ? join(directory, 'shared') : directory, { recursive: true, force: true });
    },
  };
}
