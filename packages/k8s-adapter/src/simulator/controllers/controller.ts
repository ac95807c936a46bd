import type { JsonMap } from '../json.ts';
import type { ObjectKey, SimObject } from '../sim-object.ts';
import type { ClusterView } from './cluster-view.ts';

/**
 * Controllers are played with the work queues of the real ones, since what wakes which queue is part of what a client
 * can see: a static OvnEip never gets a finalizer, a spec change after ready does nothing, a Terminating object found
 * at the start stays as it is until something touches it. Handlers look at the cluster and answer what to write.
 */
export interface Controller {
  readonly kind: string;
  /** Jobs for an object that came into being, or that is found when the controllers start. */
  readonly added?: (object: SimObject) => readonly Job[];
  readonly updated?: (before: SimObject, after: SimObject) => readonly Job[];
  /** Jobs after an object is gone; they carry its last state. */
  readonly deleted?: (last: SimObject) => readonly Job[];
  readonly handlers: Readonly<Partial<Record<Queue, Handler>>>;
}

export type Queue =
  | 'finalize-namespace'
  | 'bind-namespace'
  | 'kubelet'
  | 'pod'
  | 'del-pod'
  | 'provider-network'
  | 'vlan'
  | 'del-vlan'
  | 'vpc'
  | 'vpc-status'
  | 'del-vpc'
  | 'subnet'
  | 'subnet-status'
  | 'del-subnet'
  | 'ip'
  | 'update-ip'
  | 'vip'
  | 'update-vip'
  | 'add-eip'
  | 'update-eip'
  | 'reset-eip'
  | 'add-snat'
  | 'update-snat';

export interface Job {
  readonly queue: Queue;
  readonly key: ObjectKey;
  readonly last?: SimObject;
}

/** Reads, decides, writes nothing itself. */
export type Handler = (cluster: ClusterView, job: Job) => Step;

export interface Step {
  /** Done in this order, each visible to watches before the next. */
  readonly writes: readonly Write[];
  readonly jobs?: readonly Job[];
  /** Something is missing or wrong: the same job again later. There is no failed state. */
  readonly retry?: boolean;
}

export type Write =
  | { readonly verb: 'create'; readonly kind: string; readonly object: JsonMap }
  | {
      readonly verb: 'patch';
      readonly kind: string;
      readonly key: ObjectKey;
      readonly patch: JsonMap;
      readonly subresource?: 'status';
    }
  | { readonly verb: 'replace'; readonly kind: string; readonly key: ObjectKey; readonly object: JsonMap }
  | {
      readonly verb: 'delete';
      readonly kind: string;
      readonly key: ObjectKey;
      readonly gracePeriodSeconds?: number;
    }
  /** The namespace's content is gone. */
  | { readonly verb: 'finalize-namespace'; readonly key: ObjectKey }
  | { readonly verb: 'add-router' | 'delete-router'; readonly router: string }
  | { readonly verb: 'add-snat' | 'delete-snat'; readonly router: string; readonly cidr: string };

export const KUBE_OVN_FINALIZER = 'kubeovn.io/kube-ovn-controller';

export const done: Step = { writes: [] };
export const again: Step = { writes: [], retry: true };

export function job(queue: Queue, key: ObjectKey): Job {
  return { queue, key };
}
