import { join } from 'node:path';
import { chooseFreePorts } from './ports.ts';
import type { Surroundings } from './surroundings.ts';
import { waitFor } from './wait.ts';

const timeoutMs = 30_000;

/** Starts etcd and answers the URL of its clients. It does not wait for the disk: a crash may lose data. */
export async function startEtcd(surroundings: Surroundings): Promise<string> {
  const [clientPort, peerPort] = await chooseFreePorts(2);
  const clientUrl = `http://127.0.0.1:${clientPort}`;
  const peerUrl = `http://127.0.0.1:${peerPort}`;
  const etcd = await surroundings.start({
    name: 'etcd',
    path: surroundings.binaries.etcd,
    args: [
      `--data-dir=${join(surroundings.stateDirectory, 'etcd')}`,
      `--listen-client-urls=${clientUrl}`,
      `--advertise-client-urls=${clientUrl}`,
      `--listen-peer-urls=${peerUrl}`,
      `--initial-advertise-peer-urls=${peerUrl}`,
      `--initial-cluster=default=${peerUrl}`,
      '--unsafe-no-fsync',
    ],
  });
  await waitFor('etcd', { timeoutMs, givenUp: etcd.death }, async () => {
    const answer = await fetch(`${clientUrl}/health`);
    return answer.ok ? true : undefined;
  });
  return clientUrl;
}
