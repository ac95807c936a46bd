import {
  type ClusterChange,
  updateCluster as changeCluster,
  findCluster,
  createCluster as insertCluster,
  listClusters,
  deleteCluster as startDeletion,
} from '@netplane/db';
import { authorize, type Cluster, type ClusterId, invalid } from '@netplane/domain';
import { callerOf } from '../context.ts';
import { patchedLabels, type ResourceService, sameLabels } from '../plugins/resource/service.ts';
import type { CreateClusterBody, PatchClusterBody } from './cluster.schema.ts';

export const clusterService: ResourceService<Cluster, CreateClusterBody, PatchClusterBody> = {
  kind: 'cluster',

  async create(ctx, body) {
    const scope = authorize(ctx.actor, 'cluster.create');
    const { settings } = ctx;
    const created = await insertCluster(ctx.database, scope, callerOf(ctx), {
      id: ctx.newId() as ClusterId,
      name: body.name,
      mode: body.mode ?? settings.DEFAULT_CLUSTER_MODE,
      projectCidrPool: settings.PROJECT_CIDR_POOL,
      projectCidrPrefix: settings.PROJECT_CIDR_PREFIX,
      reservedCidrs: settings.RESERVED_CIDRS,
      labels: body.labels ?? {},
    });
    ctx.wakeWorkers.notify();
    return created;
  },

  async get(ctx, id) {
    return findCluster(ctx.database, authorize(ctx.actor, 'cluster.get'), id as ClusterId);
  },

  async list(ctx, request) {
    return listClusters(ctx.database, authorize(ctx.actor, 'cluster.list'), request);
  },

  async update(ctx, { id, expectedRevision, patch }) {
    const scope = authorize(ctx.actor, 'cluster.update');
    const updated = await changeCluster(ctx.database, scope, callerOf(ctx), {
      id,
      expectedRevision,
      decide: (current) => decideChange(current, patch),
    });
    ctx.wakeWorkers.notify();
    return updated;
  },

  async delete(ctx, request) {
    const scope = authorize(ctx.actor, 'cluster.delete');
    const deleting = await startDeletion(ctx.database, scope, callerOf(ctx), request);
    ctx.wakeWorkers.notify();
    return deleting;
  },
};

/** Only an identity that the worker has really seen can be accepted. A confirmation counts even while nothing is held. */
function decideChange(current: Cluster, patch: PatchClusterBody): ClusterChange | undefined {
  const kubeSystemUid = patch.kube_system_uid ?? current.kubeSystemUid;
  if (kubeSystemUid !== current.kubeSystemUid && kubeSystemUid !== current.seenKubeSystemUid) {
    throw invalid('/kube_system_uid', 'Send the value of seen_kube_system_uid.');
  }
  const mode = patch.mode ?? current.mode;
  const isConfirmed = patch.held_disruptions !== undefined;
  const labels = patchedLabels(current.labels, patch.labels);
  const isSame =
    mode === current.mode &&
    kubeSystemUid === current.kubeSystemUid &&
    !isConfirmed &&
    sameLabels(labels, current.labels);
  if (isSame) return undefined;
  return { mode, kubeSystemUid, labels, ...(isConfirmed ? { heldDisruptions: 0 as const } : {}) };
}
