import type { ClusterId } from '../primitives/ids.ts';
import type { Labels } from '../primitives/labels.ts';
import type { Status } from '../primitives/status.ts';

/** `observe` plans and reports and writes nothing; `manage` makes the cluster agree. */
export const clusterModes = ['observe', 'manage'] as const;
export type ClusterMode = (typeof clusterModes)[number];

/** What the cluster's CRDs and node labels allow; read by the worker. */
export const capabilities = ['router-lb-rule', 'admission-policy'] as const;

export interface ReservedCidr {
  readonly cidr: string;
  /** What reserves it, in the platform's words, e.g. `join subnet`. */
  readonly reservedBy: string;
}

/** A Kubernetes cluster that a worker serves. */
export interface Cluster {
  readonly id: ClusterId;
  readonly name: string;
  readonly mode: ClusterMode;
  /** UID of its `kube-system` Namespace, recorded at first contact. */
  readonly kubeSystemUid: string | null;
  /** The UID that was seen instead, until a platform admin accepts it. */
  readonly seenKubeSystemUid: string | null;
  readonly capabilities: readonly string[];
  /** Automatic project CIDRs come from here, a block of `projectCidrPrefix` each. */
  readonly projectCidrPool: string;
  readonly projectCidrPrefix: number;
  readonly reservedCidrs: readonly ReservedCidr[];
  /** Changes that nobody asked for and that wait for a confirmation; 0 when none are held. */
  readonly heldDisruptions: number;
  readonly labels: Labels;
  readonly revision: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly status: Status;
}
