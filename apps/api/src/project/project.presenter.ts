import { type Project, presentId } from '@netplane/domain';
import type { RequestContext } from '../context.ts';
import { presentedResource, presentedStatus } from '../plugins/resource/presented.ts';

export function presentProject(project: Project, ctx: Pick<RequestContext, 'actor'>) {
  return presentedResource(
    'project',
    project,
    {
      organization_id: presentId('organization', project.organizationId),
      cluster_id: presentId('cluster', project.clusterId),
      name: project.name,
      namespace: project.namespace,
      cidr: project.cidr,
      gateway_address: project.gatewayAddress,
      egress_network: project.egressNetwork,
      network_id: presentId('external-network', project.networkId),
      network_type: project.networkType,
      gateway_eip_id: presentId('eip', project.gatewayEipId),
      allow_cidr_overlap: project.allowCidrOverlap,
    },
    presentedStatus(project.status, ctx.actor.platformAdmin),
  );
}
