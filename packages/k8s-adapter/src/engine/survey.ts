/** What a cluster holds besides us: addresses of external networks, ranges in use, gateways. Live lists only. */
import { parseAddress, type ReservedCidr } from '@netplane/domain';
import type { KubeClient, ListOptions } from '../client/kube-client.ts';
import type { KubeObject, KubeType } from '../client/kube-object.ts';
import { kubeTypes } from '../manifest/kube-types.ts';

const SUBNET_LABEL = 'ovn.kubernetes.io/subnet';
const GATEWAY_LABEL = 'ovn.kubernetes.io/external-gw';
const CHASSIS_ANNOTATION = 'ovn.kubernetes.io/chassis';

export interface AddressHolder {
  readonly address: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

/** Fields that hold an IPv4 address, by kind. */
const addressFields = [
  { type: kubeTypes.OvnEip, fields: ['v4Ip'] },
  { type: kubeTypes.IP, fields: ['v4IpAddress', 'ipAddress'] },
  { type: kubeTypes.Vip, fields: ['v4ip'] },
  { type: kubeTypes.IptablesEIP, fields: ['v4ip'] },
] as const satisfies readonly { type: KubeType; fields: readonly string[] }[];

/** Everything that holds an address of this Subnet, also what has asked for one and not got it. */
export async function listAddressHolders(
  client: KubeClient,
  subnet: string,
  options: ListOptions,
): Promise<readonly AddressHolder[]> {
  const lists = await Promise.all(
    addressFields.map(async ({ type, fields }) => {
      // an object that Kube-OVN has not looked at has no label yet: OvnEips are few enough to look at all of them
      const selector = type.kind === 'OvnEip' ? {} : { labelSelector: `${SUBNET_LABEL}=${subnet}` };
      const holders: AddressHolder[] = [];
      for await (const { items } of client.pages(type, { ...options, ...selector })) {
        for (const item of items) if (isOfSubnet(item, subnet)) holders.push(...holdersIn(item, fields));
      }
      return holders;
    }),
  );
  return lists.flat();
}

function isOfSubnet(item: KubeObject, subnet: string): boolean {
  return item.metadata.labels?.[SUBNET_LABEL] === subnet || item.spec?.externalSubnet === subnet;
}

function holdersIn(item: KubeObject, fields: readonly string[]): readonly AddressHolder[] {
  const texts = fields
    .map((field) => item.spec?.[field])
    .filter((value): value is string => typeof value === 'string');
  const addresses = [...new Set(texts.flatMap((value) => value.split(',')))];
  return addresses
    .filter((address) => parseAddress(address).kind === 'ipv4')
    .map((address) => ({
      address,
      kind: item.kind,
      name: item.metadata.name,
      uid: item.metadata.uid ?? '',
    }));
}

/** Nodes that can carry external traffic: labelled, and annotated with their chassis. */
export async function countGatewayNodes(client: KubeClient, options: ListOptions): Promise<number> {
  const { items } = await client.list(kubeTypes.Node, { ...options, labelSelector: `${GATEWAY_LABEL}=true` });
  return items.filter((node) => (node.metadata.annotations?.[CHASSIS_ANNOTATION] ?? '') !== '').length;
}

/** Ranges that no project may have: Subnets that are not ours, service ranges, node addresses. */
export async function listReservedCidrs(
  client: KubeClient,
  isOurs: (subnet: KubeObject) => boolean,
  options: ListOptions,
): Promise<readonly ReservedCidr[]> {
  const [subnets, services, nodes] = await Promise.all([
    client.list(kubeTypes.Subnet, options),
    listServiceCidrs(client, options),
    client.list(kubeTypes.Node, options),
  ]);
  const ofSubnets = subnets.items
    .filter((subnet) => !isOurs(subnet))
    .flatMap((subnet) =>
      ipv4Parts(subnet.spec?.cidrBlock).map((cidr) => ({ cidr, reservedBy: nameOf(subnet) })),
    );
  const ofNodes = nodes.items.flatMap((node) =>
    nodeAddresses(node).map((address) => ({
      cidr: `${address}/32`,
      reservedBy: `node ${node.metadata.name}`,
    })),
  );
  const all = [...ofSubnets, ...services.map((cidr) => ({ cidr, reservedBy: 'services' })), ...ofNodes];
  return all.sort((a, b) => (a.cidr < b.cidr ? -1 : 1));
}

/** Subnets of other routers than the default one may be somebody's: only that they are there is told. */
function nameOf(subnet: KubeObject): string {
  const vpc = subnet.spec?.vpc;
  return vpc === 'ovn-cluster' || vpc === undefined
    ? `subnet ${subnet.metadata.name}`
    : 'another network of the cluster';
}

function ipv4Parts(cidrs: unknown): readonly string[] {
  return typeof cidrs === 'string'
    ? cidrs.split(',').filter((cidr) => cidr !== '' && !cidr.includes(':'))
    : [];
}

/** Served since Kubernetes 1.33; elsewhere the settings name the service range. */
async function listServiceCidrs(client: KubeClient, options: ListOptions): Promise<readonly string[]> {
  const kinds = await client.discover(kubeTypes.ServiceCIDR.apiVersion, options);
  if (!kinds.some(({ kind }) => kind === 'ServiceCIDR')) return [];
  const { items } = await client.list(kubeTypes.ServiceCIDR, options);
  return items.flatMap((item) => ((item.spec?.cidrs ?? []) as readonly string[]).flatMap(ipv4Parts)); // a list of strings by its schema
}

function nodeAddresses(node: KubeObject): readonly string[] {
  const { addresses = [] } = (node.status ?? {}) as {
    addresses?: readonly { type: string; address: string }[];
  }; // core/v1 NodeStatus
  return addresses
    .filter(({ type, address }) => type === 'InternalIP' && parseAddress(address).kind === 'ipv4')
    .map(({ address }) => address);
}

/** What a cluster can do, in the words that the API shows. */
export async function readCapabilities(client: KubeClient, options: ListOptions): Promise<readonly string[]> {
  const [kubeOvn, admission] = await Promise.all([
    client.discover('kubeovn.io/v1', options),
    client.discover('admissionregistration.k8s.io/v1', options),
  ]);
  const has = (kinds: readonly { kind: string }[], kind: string) => kinds.some((each) => each.kind === kind);
  return [
    ...(has(admission, 'ValidatingAdmissionPolicy') ? ['admission-policy'] : []),
    ...(has(kubeOvn, 'RouterLBRule') ? ['router-lb-rule'] : []),
    ...(has(kubeOvn, 'VpcDns') ? ['vpc-dns'] : []),
  ];
}
