import { type Cluster, presentId } from '@netplane/domain';
import type { RequestContext } from '../context.ts';
import { presentedResource, presentedStatus } from '../plugins/resource/presented.ts';

/** Whole for the platform; members see that it is there and what it can do. */
export function presentCluster(cluster: Cluster, { actor }: Pick<RequestContext, 'actor'>) {
  if (!actor.platformAdmin) {
    return { id: presentId('cluster', cluster.id), name: cluster.name, capabilities: cluster.capabilities };
  }
  return presentedResource(
    'cluster',
    cluster,
    {
      name: cluster.name,
      mode: cluster.mode,
      capabilities: cluster.capabilities,
      kube_system_uid: cluster.kubeSystemUid,
      seen_kube_system_uid: cluster.seenKubeSystemUid,
      project_cidr_pool: cluster.projectCidrPool,
      project_cidr_prefix: cluster.projectCidrPrefix,
      reserved_cidrs: cluster.reservedCidrs.map(({ cidr, reservedBy }) => ({
        cidr,
        reserved_by: reservedBy,
      })),
      held_disruptions: cluster.heldDisruptions,
    },
    presentedStatus(cluster.status, true),
  );
}
