/** What the objects of a project or an EIP say of its rows. Pure. */
import type { AdoptedEip, AdoptedObject, AdoptedProject } from '@netplane/db';
import { type Kind, parseClusterName, parseId } from '@netplane/domain';
import {
  CLUSTER_BUILDER_VERSION,
  EIP_BUILDER_VERSION,
  EXTERNAL_NETWORK_BUILDER_VERSION,
  type KubeObject,
  PROJECT_BUILDER_VERSION,
  providerNetworkSlot,
} from '@netplane/k8s-adapter';
import { type LabelledOwner, ownerOf, RefusedError } from './target.ts';

type Networks = readonly { readonly network_id: string; readonly subnet: string }[];

const slots: Readonly<Record<string, string>> = {
  Vpc: 'vpc',
  Subnet: 'subnet',
  Namespace: 'namespace',
  OvnSnatRule: 'snat-rule',
  Vlan: 'vlan',
};

const builderVersions: Readonly<Partial<Record<Kind, number>>> = {
  cluster: CLUSTER_BUILDER_VERSION,
  'external-network': EXTERNAL_NETWORK_BUILDER_VERSION,
  project: PROJECT_BUILDER_VERSION,
  eip: EIP_BUILDER_VERSION,
};

function slotOf({ kind, metadata }: KubeObject, owner: LabelledOwner): string {
  if (kind === 'ProviderNetwork') return providerNetworkSlot(metadata.name);
  if (kind === 'OvnEip') return owner.kind === 'eip' ? 'eip' : 'router-port';
  const slot = slots[kind];
  if (slot === undefined)
    throw new RefusedError(`${kind}/${metadata.name}: nothing of ours has such an object`);
  return slot;
}

export function adoptedObject(object: KubeObject): AdoptedObject {
  const owner = ownerOf(object);
  const { name, uid = '' } = object.metadata;
  const slot = slotOf(object, owner);
  // only what is made anew under a new name carries its number
  const incarnation = slot === 'eip' || slot === 'snat-rule' ? /x(\d+)$/.exec(name)?.[1] : undefined;
  return {
    ...{ apiVersion: object.apiVersion, kind: object.kind, name, uid, slot },
    ...{ ownerKind: owner.kind, ownerId: owner.id },
    organizationId: parseId('organization', owner.organization ?? '') ?? null,
    builderVersion: builderVersions[owner.kind as Kind] ?? 1, // a label of ours: a kind or nothing we know
    incarnation: incarnation === undefined ? null : Number(incarnation),
  };
}

/** @throws RefusedError where the object does not say enough */
export function adoptedEip(
  object: KubeObject,
  owner: LabelledOwner,
  networks: Networks,
  name: string | null,
): AdoptedEip {
  const address = text(object, 'v4Ip');
  return {
    id: owner.id,
    organizationId: parseId('organization', owner.organization ?? '') ?? '',
    projectId: parseId('project', owner.project ?? '') ?? '',
    networkId: networkOf(object, networks),
    address,
    // its own name was in the database alone
    name: name ?? `adopted-${address.replaceAll('.', '-')}`,
    madeAt: object.metadata.creationTimestamp ?? null,
  };
}

/** @throws RefusedError where the project was never finished, so that its objects do not say all */
export function adoptedProject(
  orphans: readonly KubeObject[],
  owner: LabelledOwner,
  known: { readonly networks: Networks; readonly organization: string; readonly name: string | null },
): { readonly project: AdoptedProject; readonly objects: readonly KubeObject[] } {
  const own = orphans.filter((object) => ownerOf(object).id === owner.id);
  const of = (kind: string) => pick(own, owner, kind);
  const [vpc, subnet, namespace, rule, port] = ['Vpc', 'Subnet', 'Namespace', 'OvnSnatRule', 'OvnEip'].map(
    of,
  );
  if (
    vpc === undefined ||
    subnet === undefined ||
    namespace === undefined ||
    rule === undefined ||
    port === undefined
  )
    throw new TypeError('pick has found them all');
  const gatewayName = text(rule, 'ovnEip');
  const gateway = orphans.find(({ kind, metadata }) => kind === 'OvnEip' && metadata.name === gatewayName);
  if (gateway === undefined)
    throw new RefusedError(`project ${owner.id}: its gateway OvnEip ${gatewayName} is not there`);
  const project: AdoptedProject = {
    id: owner.id,
    organizationId: parseId('organization', owner.organization ?? '') ?? '',
    name: known.name ?? projectName(namespace, known.organization),
    namespace: namespace.metadata.name,
    cidr: text(subnet, 'cidrBlock'),
    gateway: text(subnet, 'gateway'),
    networkId: networkOf(port, known.networks),
    routerPortAddress: text(port, 'v4Ip'),
    gatewayEipId: ownerOf(gateway).id,
    gatewayEipAddress: text(gateway, 'v4Ip'),
    subnetId: inner('subnet', subnet.metadata.name),
    snatRuleId: inner('snat-rule', rule.metadata.name.replace(/x\d+$/, '')),
    madeAt: vpc.metadata.creationTimestamp ?? null,
  };
  return { project, objects: [vpc, subnet, namespace, rule, port, gateway] };
}

function pick(own: readonly KubeObject[], owner: LabelledOwner, kind: string): KubeObject {
  const found = own.find((object) => object.kind === kind);
  if (found !== undefined) return found;
  throw new RefusedError(`project ${owner.id}: it has no ${kind}, so it was never finished: delete its Vpc`);
}

/** `<organization>-<project>` where it was short enough and free; else nobody knows it any more. */
function projectName({ metadata }: KubeObject, organization: string): string {
  const prefix = `${organization}-`;
  return metadata.name.startsWith(prefix) ? metadata.name.slice(prefix.length) : metadata.name;
}

function networkOf(object: KubeObject, networks: Networks): string {
  const subnet = text(object, 'externalSubnet');
  const network = networks.find((each) => each.subnet === subnet);
  if (network !== undefined) return network.network_id;
  throw new RefusedError(
    `${object.kind}/${object.metadata.name}: no external network has the Subnet ${subnet}`,
  );
}

function inner(kind: 'subnet' | 'snat-rule', name: string): string {
  const id = parseClusterName(kind, name);
  if (id === undefined) throw new RefusedError(`${name} is no name that we give to a ${kind}`);
  return id;
}

function text({ kind, metadata, spec }: KubeObject, field: string): string {
  const value = spec?.[field];
  if (typeof value === 'string' && value !== '') return value;
  throw new RefusedError(`${kind}/${metadata.name} says no ${field}`);
}
