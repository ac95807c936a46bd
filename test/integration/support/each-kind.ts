/** One valid body of every kind, for conventions that hold for all of them. */
import { randomInt } from 'node:crypto';
import { formatIpv4, type Kind, kindNames, kinds } from '@netplane/domain';
import { clusterBody } from '../../support/builders/cluster.builder.ts';
import { eipBody } from '../../support/builders/eip.builder.ts';
import { externalNetworkBody } from '../../support/builders/external-network.builder.ts';
import { ipRangeBody } from '../../support/builders/ip-range.builder.ts';
import { issuerBody } from '../../support/builders/issuer.builder.ts';
import { organizationBody } from '../../support/builders/organization.builder.ts';
import { projectBody } from '../../support/builders/project.builder.ts';
import { quotaBody } from '../../support/builders/quota.builder.ts';
import { roleBindingBody } from '../../support/builders/role-binding.builder.ts';
import type { Stage } from './stage.ts';
import type { View } from './views.ts';

export { kindNames };

export function pathOf(kind: Kind): string {
  return `/v1/${kinds[kind].collection}`;
}

/** A body that a platform administrator may POST now; what it refers to is made first. */
export async function validBody(stage: Stage, kind: Kind): Promise<object> {
  const { world, api } = stage;
  const newProject = () => create(stage, 'project', projectBody(world.acmeId));
  switch (kind) {
    case 'organization':
      return organizationBody();
    case 'project':
      return projectBody(world.acmeId);
    case 'cluster':
      return clusterBody();
    case 'external-network':
      return externalNetworkBody((await create(stage, 'cluster', clusterBody())).id, '100.96.0.0/16');
    case 'ip-range': {
      const first = 0x64410400 + randomInt(0, 50_000); // somewhere in 100.65.4.0 to 100.65.199.255
      return ipRangeBody(world.cloudId, { first: formatIpv4(first), last: formatIpv4(first) });
    }
    case 'eip':
      return eipBody((await newProject()).id);
    case 'quota':
      return quotaBody(world.acmeId, { project_id: (await newProject()).id });
    case 'issuer':
      return issuerBody({ organization_id: world.acmeId });
    case 'role-binding':
      return roleBindingBody(world.acmeId, api.issuer);
  }
}

export async function createValid(stage: Stage, kind: Kind): Promise<View> {
  return create(stage, kind, await validBody(stage, kind));
}

async function create(stage: Stage, kind: Kind, body: object): Promise<View> {
  return stage.api.must<View>('POST', pathOf(kind), { body });
}
