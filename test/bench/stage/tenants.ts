/** Organizations with a member and a project each, made by the API as a portal would. */
import { type Kind, parseId } from '@netplane/domain';
import { presentedIssuer, type Stage } from './stage.ts';

export interface Tenant {
  readonly subject: string;
  readonly token: string;
  /** Ids as the API shows them. */
  readonly organization: string;
  readonly project: string;
  /** The same as the database has them. */
  readonly organizationId: string;
  readonly projectId: string;
}

const AT_ONCE = 8;

/** @param name begins the names of all of them, and is used once on a stage */
export async function createTenants(stage: Stage, name: string, count: number): Promise<readonly Tenant[]> {
  const tenants: Tenant[] = [];
  let next = 0;
  async function work(): Promise<void> {
    while (next < count) {
      const number = next;
      next += 1;
      tenants[number] = await createTenant(stage, `${name}-${number}`);
    }
  }
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, count) }, work));
  return tenants;
}

async function createTenant(stage: Stage, name: string): Promise<Tenant> {
  const { client } = stage;
  const organization = await client.must<{ id: string }>('POST', '/v1/organizations', { body: { name } });
  const organization_id = organization.id;
  const binding = { organization_id, issuer_id: presentedIssuer(stage), subject: name, role: 'owner' };
  await client.must('POST', '/v1/role-bindings', { body: binding });
  const token = await stage.tokenOf(name);
  const project = await client.must<{ id: string }>('POST', '/v1/projects', {
    token,
    body: { organization_id, name: 'bench', egress_network: 'cloud' },
  });
  return {
    ...{ subject: name, token, organization: organization.id, project: project.id },
    organizationId: uuidOf('organization', organization.id),
    projectId: uuidOf('project', project.id),
  };
}

export function uuidOf(kind: Kind, id: string): string {
  const uuid = parseId(kind, id);
  if (uuid === undefined) throw new Error(`${id} is no id of a ${kind}`);
  return uuid;
}
