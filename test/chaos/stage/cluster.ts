/** A cluster as a fault sees it: where it is, what a stranger may do to it, and how its controllers stop. */
import type { KubeClient } from '@netplane/k8s-adapter';
import type { ApiServerAddress } from './http-proxy.ts';

export const clusterTypes = ['simulator', 'cluster'] as const;
export type ClusterType = (typeof clusterTypes)[number];

export interface ChaosCluster {
  readonly type: ClusterType;
  readonly address: ApiServerAddress;
  /** What the worker says to be let in. */
  readonly token: string;
  /** Variables of a worker that serves it. */
  readonly workerEnvironment: Readonly<Record<string, string>>;
  /** Whoever else works on the cluster, with every right. */
  readonly stranger: KubeClient;
  stopControllers(): Promise<void>;
  startControllers(): Promise<void>;
  /** Another cluster than before, and empty. Only the simulator can. */
  becomeAnother?(): Promise<void>;
  stop(): Promise<void>;
}
