/** How each kind is made in a lane. A kind that is missing here does not compile, and a new verb is a case that fails. */
import { formatIpv4, type Kind, type Operation, operations } from '@netplane/domain';
import { clusterBody } from '../support/builders/cluster.builder.ts';
import { eipBody } from '../support/builders/eip.builder.ts';
import { externalNetworkBody } from '../support/builders/external-network.builder.ts';
import { ipRangeBody } from '../support/builders/ip-range.builder.ts';
import { issuerBody } from '../support/builders/issuer.builder.ts';
import { organizationBody } from '../support/builders/organization.builder.ts';
import { projectBody } from '../support/builders/project.builder.ts';
import { quotaBody } from '../support/builders/quota.builder.ts';
import { roleBindingBody } from '../support/builders/role-binding.builder.ts';
import type { Request, Verb } from './client.ts';
import type { Lane } from './stage/lane.ts';

export interface Exercise {
  readonly kind: Kind;
  readonly verb: Verb;
}

const reading = ['get', 'list'];
const known: readonly string[] = ['create', 'update', 'delete'] satisfies readonly Verb[];

/** Every operation that changes something, from the policy table. @throws TypeError for a verb that nobody exercises */
export function exercises(): readonly Exercise[] {
  return operations.flatMap((operation: Operation) => {
    const [kind = '', verb = ''] = operation.split('.');
    if (reading.includes(verb)) return [];
    if (!known.includes(verb)) throw new TypeError(`${operation}: test/chaos/exercises.ts does not know how`);
    return [{ kind: kind as Kind, verb: verb as Verb }]; // operations are named <kind>.<verb>
  });
}

/**
 * What has to be there before, made; and the request itself.
 * @param clusterName of a cluster that is made
 */
export async function prepare(lane: Lane, { kind, verb }: Exercise, clusterName: string): Promise<Request> {
  const body =
    kind === 'cluster' ? clusterBody({ name: clusterName, mode: 'manage' }) : await bodies[kind](lane);
  if (verb === 'create') return { kind, verb, body };
  const { id } = await lane.client.must({ kind, verb: 'create', body });
  if (verb === 'delete') return { kind, verb, id };
  return { kind, verb, id, body: { labels: { exercised: 'yes' } } };
}

const bodies = {
  organization: async () => organizationBody(),
  project: async ({ world }) => projectBody(world.organizationId),
  'external-network': async ({ world, numbers }) =>
    // 198.18.0.0/15 is for tests (RFC 2544); one /24 each, with a VLAN of its own
    externalNetworkBody(world.clusterId, `198.${18 + (numbers.next() % 2)}.${numbers.last() % 256}.0/24`, {
      vlan_id: 100 + (numbers.last() % 3_000),
    }),
  'ip-range': async ({ world, numbers }) => {
    const first = 0x64410800 + 4 * numbers.next(); // from 100.65.8.0 on
    return ipRangeBody(world.cloudId, { first: formatIpv4(first), last: formatIpv4(first + 3) });
  },
  eip: async (lane) => eipBody(await newProject(lane)),
  quota: async (lane) => quotaBody(lane.world.organizationId, { project_id: await newProject(lane) }),
  issuer: async ({ world }) => issuerBody({ organization_id: world.organizationId }),
  'role-binding': async ({ world, issuer }) => roleBindingBody(world.organizationId, issuer),
} as const satisfies Record<Exclude<Kind, 'cluster'>, (lane: Lane) => Promise<object>>;

async function newProject(lane: Lane): Promise<string> {
  const body = projectBody(lane.world.organizationId);
  return (await lane.client.must({ kind: 'project', verb: 'create', body })).id;
}
