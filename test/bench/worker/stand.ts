/** A whole Netplane over a cluster of its own, for the worker's measurements. */
import { mkdtemp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createKubeClient, type KubeClient } from '@netplane/k8s-adapter';
import { seed, waitForNetworks } from '../../../apps/sandbox/src/seed.ts';
import { startControlPlane } from '../../cluster/control-plane/start.ts';
import { type Stack, startStack } from '../../support/stack.ts';
import type { Bench } from '../measurement.ts';
import { startProcess } from '../stage/process.ts';

export interface Stand {
  readonly stack: Stack;
  /** Connections of its own, with the worker's rights: what is compared is written by the same user. */
  readonly client: KubeClient;
  readonly kubeconfigPath: string;
  /** TypeID of the organization that everything is made in. */
  readonly organizationId: string;
  /** From here on nothing happens on the cluster but what is written to it. */
  stopControllers(): Promise<void>;
}

export interface StandOptions {
  readonly worker?: Readonly<Record<string, string>>;
}

interface Cluster {
  readonly kubeconfigPath: string;
  readonly worker?: Readonly<Record<string, string>>;
  stopControllers(): Promise<void>;
  stop(): Promise<void>;
}

const RANGES_TIMEOUT_SECONDS = 60;
const kustomization = fileURLToPath(new URL('../../../deploy/kubernetes', import.meta.url));
const serviceAccount = { namespace: 'netplane', name: 'netplane-worker' } as const;
const MANY = '1000000000';
const api = {
  DEFAULT_QUOTA_CLOUD_EIPS: MANY,
  DEFAULT_QUOTA_PROJECTS: MANY,
  DEFAULT_QUOTA_PROJECT_ADDRESSES: MANY,
} as const;

/** A real kube-apiserver with a real kube-ovn-controller; the worker has the rights of its ServiceAccount. */
export async function onRealStand<T>(bench: Bench, play: (stand: Stand) => Promise<T>): Promise<T> {
  return onStand(bench, await startRealCluster(bench), {}, play);
}

/** The simulator in a process of its own. */
export async function onSimulatedStand<T>(
  bench: Bench,
  options: StandOptions,
  play: (stand: Stand) => Promise<T>,
): Promise<T> {
  return onStand(bench, await startSimulatedCluster(bench), options, play);
}

async function startRealCluster(bench: Bench): Promise<Cluster> {
  const controlPlane = await startControlPlane({ log: (line) => bench.say(`control plane: ${line}`) });
  const stop = () => controlPlane.stop();
  try {
    await controlPlane.kubectl(['apply', '--kustomize', kustomization]);
    const { namespace, name } = serviceAccount;
    return {
      kubeconfigPath: await controlPlane.serviceAccountKubeconfig(namespace, name),
      worker: { KUBE_OVN_USERS: 'kube-ovn-controller' },
      stopControllers: () => controlPlane.kubeOvnController.stop(),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

export interface SimulatedCluster extends Cluster {
  /** Its journal, which it reads when it starts. */
  readonly directory: string;
}

export async function startSimulatedCluster(bench: Bench, directory?: string): Promise<SimulatedCluster> {
  const home = directory ?? (await mkdtemp(join(bench.directory, 'simulator-')));
  const kubeconfigPath = join(home, 'kubeconfig');
  const options = ['--kubeconfig', kubeconfigPath, '--directory', home, '--controller-delay-ms', '2'];
  const simulator = await startProcess({
    script: 'packages/k8s-adapter/src/simulator/main.ts',
    arguments: options,
    environment: {},
    directory: home,
    signal: bench.signal,
  });
  return {
    ...{ directory: home, kubeconfigPath },
    stopControllers: () => turnKnob(kubeconfigPath, 'controllers', { running: false }),
    stop: () => simulator.stop(),
  };
}

/** @throws Error where the simulator does not know the knob */
async function turnKnob(kubeconfigPath: string, knob: string, body: object): Promise<void> {
  const response = await fetch(`${await serverOf(kubeconfigPath)}/simulator/${knob}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${knob}: ${response.status} ${await response.text()}`);
}

export async function onStand<T>(
  bench: Bench,
  cluster: Cluster,
  options: StandOptions,
  play: (stand: Stand) => Promise<T>,
): Promise<T> {
  const stops: (() => unknown)[] = [() => cluster.stop()];
  try {
    const { kubeconfigPath } = cluster;
    const worker = { LOG_LEVEL: 'warn', ...cluster.worker, ...options.worker };
    const stack = await startStack({ postgres: await bench.postgres(), kubeconfigPath, worker, api });
    stops.push(() => stack.stop());
    const client = createKubeClient({ kubeconfigPath, maxSockets: 64 });
    stops.push(() => client.close());
    return await play({
      ...{ stack, client, kubeconfigPath, organizationId: await makeDemo(stack, bench.signal) },
      stopControllers: () => cluster.stopControllers(),
    });
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

/** Requests that the simulator has answered, by verb and kind. */
export async function requestsOf(kubeconfigPath: string): Promise<Readonly<Record<string, number>>> {
  const response = await fetch(`${await serverOf(kubeconfigPath)}/simulator/ledger`);
  return ((await response.json()) as { counts: Record<string, number> }).counts; // of the simulator
}

async function serverOf(kubeconfigPath: string): Promise<string> {
  const { clusters } = JSON.parse(await readFile(kubeconfigPath, 'utf8')) as {
    clusters: readonly { cluster: { server: string } }[];
  }; // written by the simulator
  return clusters[0]?.cluster.server ?? '';
}

/** @returns the organization that the networks of the demo are ready for */
async function makeDemo(stack: Stack, signal: AbortSignal): Promise<string> {
  const { platform_admin: token = '' } = stack.tokens;
  const options = { apiUrl: stack.apiUrl, token, issuerId: stack.issuer, signal };
  await seed(options);
  await stack.startWorkers();
  await waitForNetworks(options, RANGES_TIMEOUT_SECONDS);
  const path = '/v1/organizations?name=acme';
  const { items } = await stack.client.must<{ items: readonly { id: string }[] }>('GET', path);
  return items[0]?.id ?? '';
}
