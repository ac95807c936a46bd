/** Everything that the builder and the status of an external network need. */
import {
  type ExternalNetworkWorkRow,
  finishExternalNetwork,
  listWaitingForNetwork,
  loadExternalNetwork,
  type WorkKey,
} from '@netplane/db';
import { knownAddress, type OrganizationId } from '@netplane/domain';
import {
  adoptedSubnetDiffers,
  buildExternalNetwork,
  deriveExternalNetwork,
  EXTERNAL_NETWORK_BUILDER_VERSION,
  type ExternalNetworkValues,
  externalNetworkOwner,
  externalNetworkSlots,
} from '@netplane/k8s-adapter';
import { clusterKey, type WorkerContext } from '../context.ts';
import { isOverdue, type Load } from '../loaded.ts';

export const loadExternalNetworkWork: Load = async (ctx, id) => {
  const row = await loadExternalNetwork(ctx.database, id);
  if (row === undefined) return undefined;
  const values = valuesOf(ctx, row);
  return {
    row,
    owner: externalNetworkOwner(values),
    builderVersion: EXTERNAL_NETWORK_BUILDER_VERSION,
    slots: externalNetworkSlots(values),
    build: (situation) => buildExternalNetwork(values, situation),
    derive: async (pass) => {
      const subnet = pass.seen.get('subnet');
      return deriveExternalNetwork({
        outcomes: pass.outcomes,
        subnet,
        isAdopted: values.adoptSubnet !== null,
        differs: subnet !== undefined && adoptedSubnetDiffers(values, subnet),
        providerNetwork: values.providerNetwork,
        providerNetworkIsThere: values.providerNetworkIsThere,
        isOverdue: isOverdue(ctx, row),
        isDeleting: values.isDeleting,
      });
    },
    mayFinish: async () => !row.has_dependents,
    finish: (claim) => finishExternalNetwork(ctx.database, claim),
    wakes: (pass, change) =>
      wakes(ctx, row, change !== 'nothing' || pass.outcomes.get('subnet')?.state === 'applied'),
  };
};

function valuesOf(ctx: WorkerContext, row: ExternalNetworkWorkRow): ExternalNetworkValues {
  return {
    installation: ctx.installation,
    id: row.id,
    name: row.name,
    cidr: row.cidr,
    gateway: row.gateway,
    vlanId: row.vlan_id,
    providerNetwork: row.provider_network,
    adoptSubnet: row.adopt_subnet,
    // what is on it goes first
    isDeleting: row.deleting_at !== null && !row.has_dependents,
    providerNetworkIsThere: row.has_provider_network,
    ranges: row.ranges.map(({ first, last }) => ({ first: knownAddress(first), last: knownAddress(last) })),
  };
}

/** Its ranges, and whatever waited for the network; the cluster's own item when it goes. */
async function wakes(
  ctx: WorkerContext,
  row: ExternalNetworkWorkRow,
  changed: boolean,
): Promise<readonly WorkKey[]> {
  if (!changed) return [];
  if (row.deleting_at !== null) return [clusterKey(row.cluster_id)];
  const waiting = await listWaitingForNetwork(ctx.database, row.id);
  return waiting.map(({ kind, id, organization_id: organizationId }) => ({
    kind,
    id,
    organizationId: organizationId as OrganizationId | null, // a column of organization ids
  }));
}
