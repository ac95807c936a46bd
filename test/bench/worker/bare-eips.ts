/** OvnEips as Netplane's builder renders them, under ids that no row has. */
import { randomUUID } from 'node:crypto';
import type { EipId, OrganizationId, ProjectId } from '@netplane/domain';
import { buildEip, type EipValues, incarnationName, type KubeObject, names } from '@netplane/k8s-adapter';

/** Another installation's: the worker under measurement does not look at them. */
export const BARE_INSTALLATION = '00000000-0000-4000-8000-000000000000';
const FIRST_THIRD_OCTET = 180;
const PER_OCTET = 250;

/** The n-th of them, with an address of the demo's cloud network that its range hands out last. */
export function bareEip(number: number): KubeObject {
  const octet = FIRST_THIRD_OCTET + Math.floor(number / PER_OCTET);
  if (octet > 255) throw new RangeError('no addresses are left for bare objects');
  const id = randomUUID() as EipId; // of no row
  const projectId = randomUUID() as ProjectId; // as above
  const organizationId = randomUUID() as OrganizationId; // as above
  const values: EipValues = {
    installation: BARE_INSTALLATION,
    ...{ id, projectId, organizationId },
    address: `100.65.${octet}.${1 + (number % PER_OCTET)}`,
    isDeleting: false,
    subnetName: 'ext-cloud',
    isUsed: false,
  };
  const name = incarnationName(names.eip(id), 1);
  const [desired] = buildEip(values, { seen: new Map(), nameOf: () => name });
  if (desired === undefined) throw new TypeError('the builder made nothing');
  return desired.object;
}
