import { isMap, type JsonMap } from '../json.ts';

/**
 * Kube-OVN's controllers read an object into a Go struct and write the whole of it back. What a client sees of that:
 * fields without `omitempty` appear with their zero value, fields with it vanish when they hold one (`false`, `''`,
 * `0`, an empty list). A second apply changes nothing only if its configuration is in this form already.
 */
type GoStruct = Readonly<Record<string, GoField>>;

interface GoField {
  readonly zero: unknown;
  readonly omitEmpty: boolean;
  /** Of a list of structs. */
  readonly items?: GoStruct;
}

const text: GoField = { zero: '', omitEmpty: true };
const flag: GoField = { zero: false, omitEmpty: true };
const count: GoField = { zero: 0, omitEmpty: true };
const list: GoField = { zero: undefined, omitEmpty: true };
const textAlways: GoField = { zero: '', omitEmpty: false };
const flagAlways: GoField = { zero: false, omitEmpty: false };
/** A pointer or a nested struct that is left as it is. */
const kept: GoField = { zero: undefined, omitEmpty: false };

export const vpcSpecStruct: GoStruct = {
  defaultSubnet: text,
  namespaces: list,
  staticRoutes: {
    ...list,
    items: {
      policy: text,
      cidr: textAlways,
      nextHopIP: textAlways,
      ecmpMode: textAlways,
      bfdId: textAlways,
      routeTable: textAlways,
    },
  },
  policyRoutes: { ...list, items: { priority: count, match: text, action: text, nextHopIP: text } },
  vpcPeerings: { ...list, items: { remoteVpc: text, localConnectIP: text } },
  enableExternal: flag,
  extraExternalSubnets: list,
  enableBfd: flag,
  bfdPort: kept,
};

export const subnetSpecStruct: GoStruct = {
  default: flagAlways,
  vpc: text,
  protocol: text,
  namespaces: list,
  cidrBlock: textAlways,
  gateway: textAlways,
  excludeIps: list,
  provider: text,
  gatewayType: text,
  gatewayNode: textAlways,
  gatewayNodeSelectors: list,
  natOutgoing: flagAlways,
  externalEgressGateway: text,
  policyRoutingPriority: count,
  policyRoutingTableID: count,
  mtu: count,
  private: flagAlways,
  allowSubnets: list,
  vlan: text,
  vips: list,
  logicalGateway: flag,
  disableGatewayCheck: flag,
  disableInterConnection: flag,
  enableDHCP: flag,
  dhcpV4Options: text,
  dhcpV6Options: text,
  enableIPv6RA: flag,
  ipv6RAConfigs: text,
  acls: { ...list, items: { direction: text, priority: count, match: text, action: text } },
  allowEWTraffic: flag,
  natOutgoingPolicyRules: list,
  u2oInterconnectionIP: text,
  u2oInterconnection: flag,
  u2oFeatures: { zero: {}, omitEmpty: false },
  enableLb: kept,
  enableEcmp: flag,
  enableMulticastSnoop: flag,
  enableExternalLBAddress: flag,
  routeTable: text,
  namespaceSelectors: list,
  nodeNetwork: text,
};

export const ovnEipSpecStruct: GoStruct = {
  externalSubnet: textAlways,
  v4Ip: textAlways,
  v6Ip: textAlways,
  macAddress: textAlways,
  type: textAlways,
};

export const vipSpecStruct: GoStruct = {
  namespace: textAlways,
  subnet: textAlways,
  type: textAlways,
  v4ip: textAlways,
  v6ip: textAlways,
  macAddress: textAlways,
  selector: kept,
  attachSubnets: kept,
};

/** The map as it comes back from the struct. Fields that the struct does not have are lost. */
export function throughGo(struct: GoStruct, value: JsonMap): JsonMap {
  const fields = Object.entries(struct).flatMap(([name, field]) => {
    const given = value[name] ?? field.zero;
    const inner = field.items !== undefined && Array.isArray(given) ? itemsOf(field.items, given) : given;
    const absent = inner === undefined || (field.omitEmpty && isZero(inner));
    return absent ? [] : [[name, inner]];
  });
  return Object.fromEntries(fields);
}

function itemsOf(struct: GoStruct, items: readonly unknown[]): readonly unknown[] {
  return items.map((item) => (isMap(item) ? throughGo(struct, item) : item));
}

function isZero(value: unknown): boolean {
  return value === '' || value === 0 || value === false || (Array.isArray(value) && value.length === 0);
}
