/** What belongs to the cluster as a whole, and what it says of itself. */
import {
  bringWorkForward,
  type ClusterWorkRow,
  finishCluster,
  keepClusterSurvey,
  listObjectsOfKind,
  listUnreadyOfCluster,
  loadCluster,
} from '@netplane/db';
import type { OrganizationId } from '@netplane/domain';
import {
  buildCluster,
  CLUSTER_BUILDER_VERSION,
  type ClusterValues,
  clusterOwner,
  clusterSlots,
  type Derived,
  deriveCluster,
  type GuardValues,
  isKubeError,
  kubeTypes,
  listReservedCidrs,
  readCapabilities,
} from '@netplane/k8s-adapter';
import { CALL_TIMEOUT_MS, clusterKey, type WorkerContext } from '../context.ts';
import type { Load, Pass } from '../loaded.ts';

const ADMISSION_POLICY = 'admission-policy';

export const loadClusterWork: Load = async (ctx, id) => {
  const row = await loadCluster(ctx.database, id);
  if (row === undefined) return undefined;
  ctx.session.forget(); // the row may have changed what this worker may do
  await ctx.session
    .assertIdentity()
    .catch((err: unknown) => ctx.log.warn({ err }, 'identity of the cluster'));
  const values = await valuesOf(ctx, row);
  return {
    row,
    owner: clusterOwner(values),
    builderVersion: CLUSTER_BUILDER_VERSION,
    slots: clusterSlots(values),
    build: (situation) => buildCluster(values, situation),
    derive: (pass) => derive(ctx, row, pass),
    mayFinish: async () => !row.has_dependents,
    finish: (claim) => finishCluster(ctx.database, claim),
    async wakes(_, change) {
      if (change === 'nothing') return [];
      if (row.conditions.some(({ type }) => type === 'Managed')) await bringWorkForward(ctx.database, row.id);
      // networks wait for provider networks, projects show whether the cluster guards them
      const waiting = await listUnreadyOfCluster(ctx.database, row.id);
      return waiting.map(({ kind, id: waitingId, organization_id: organizationId }) => ({
        kind,
        id: waitingId,
        organizationId: organizationId as OrganizationId | null, // a column of organization ids
      }));
    },
  };
};

async function valuesOf(ctx: WorkerContext, row: ClusterWorkRow): Promise<ClusterValues> {
  const isGuarded = row.capabilities.includes(ADMISSION_POLICY) && ctx.settings.GUARD;
  return {
    installation: ctx.installation,
    id: row.id,
    // what is on it goes first
    isDeleting: row.deleting_at !== null && !row.has_dependents,
    providerNetworks: row.provider_networks,
    providerInterface: ctx.settings.PROVIDER_INTERFACE,
    guard: isGuarded ? await guardValues(ctx).catch(unlessUnanswered) : null,
  };
}

/** A cluster that does not answer is found out by the pass itself, which can say so. */
function unlessUnanswered(error: unknown): null {
  if (isKubeError(error) && error.status === 0) return null;
  throw error;
}

async function guardValues(ctx: WorkerContext): Promise<GuardValues> {
  const { apiVersion, kind } = kubeTypes.SelfSubjectReview;
  const review = await ctx.client.create(
    kubeTypes.SelfSubjectReview,
    { apiVersion, kind, metadata: { name: '' } },
    { signal: ctx.signal, timeoutMs: CALL_TIMEOUT_MS },
  );
  const { username = '' } = (review.status?.userInfo ?? {}) as { username?: string }; // authentication.k8s.io/v1
  return {
    exemptUsers: [username, ...ctx.settings.KUBE_OVN_USERS],
    exemptGroups: ctx.settings.GUARD_EXEMPT_GROUPS,
  };
}

/** The survey comes after the pass: ranges in use, and what the cluster can do. */
async function derive(ctx: WorkerContext, row: ClusterWorkRow, pass: Pass): Promise<Derived> {
  const options = { signal: pass.signal, timeoutMs: CALL_TIMEOUT_MS };
  const { apiVersion, kind } = kubeTypes.Subnet;
  const [capabilities, rows] = await Promise.all([
    readCapabilities(ctx.client, options),
    listObjectsOfKind(ctx.database, ctx.clusterId, apiVersion, kind),
  ]);
  const ours = new Set(rows.map(({ uid }) => uid));
  const isOurs = (uid: string | undefined) => ours.has(uid ?? '');
  const reserved = await listReservedCidrs(ctx.client, ({ metadata }) => isOurs(metadata.uid), options);
  await keepClusterSurvey(ctx.database, row.id, { capabilities, reserved });
  const isNew = capabilities.join() !== row.capabilities.join();
  if (isNew) await ctx.enqueue([clusterKey(row.id)]);
  return deriveCluster({
    outcomes: pass.outcomes,
    providerNetworks: row.provider_networks,
    isDeleting: row.deleting_at !== null,
    guardIsSupported: capabilities.includes(ADMISSION_POLICY),
    guardIsWanted: ctx.settings.GUARD,
  });
}
