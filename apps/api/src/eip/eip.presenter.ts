import { type Eip, presentId } from '@netplane/domain';
import type { RequestContext } from '../context.ts';
import { presentedHolder, presentedResource, presentedStatus } from '../plugins/resource/presented.ts';

/** An EIP as REST answers it; GraphQL shows the same in camelCase. */
export function presentEip(eip: Eip, ctx: Pick<RequestContext, 'actor'>) {
  return presentedResource(
    'eip',
    eip,
    {
      organization_id: presentId('organization', eip.organizationId),
      project_id: presentId('project', eip.projectId),
      name: eip.name,
      network: eip.network,
      network_id: presentId('external-network', eip.networkId),
      network_type: eip.networkType,
      family: eip.family,
      address: eip.address,
      purpose: eip.purpose,
      attached_to: eip.attachedTo.map(({ kind, id, name }) => ({ ...presentedHolder(kind, id), name })),
      managed_by: eip.managedBy && presentedHolder(eip.managedBy.kind, eip.managedBy.id),
      provisioned_at: eip.provisionedAt,
    },
    presentedStatus(eip.status, ctx.actor.platformAdmin),
  );
}
