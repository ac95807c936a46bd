import { mapAt, textAt, textsAt } from '../json.ts';
import type { KindInfo } from '../kinds.ts';
import { metadataOf, type SimObject } from '../sim-object.ts';
import type { Indexes } from './collection.ts';

export const SUBNET_LABEL = 'ovn.kubernetes.io/subnet';
export const EIP_V4_LABEL = 'ovn.kubernetes.io/eip_v4_ip';
export const SWITCH_ANNOTATION = 'ovn.kubernetes.io/logical_switch';

/** What the controllers ask for, so that no event costs a walk over all objects. */
const byKind: Readonly<Record<string, Indexes>> = {
  Namespace: { switch: (object) => annotation(object, SWITCH_ANNOTATION).split(',').filter(Boolean) },
  Vpc: { namespaces: (object) => textsAt(mapAt(object, 'spec'), 'namespaces') },
  Subnet: {
    vpc: (object) => present(textAt(mapAt(object, 'spec'), 'vpc')),
    vlan: (object) => present(textAt(mapAt(object, 'spec'), 'vlan')),
    namespaces: (object) => textsAt(mapAt(object, 'spec'), 'namespaces'),
  },
  Vlan: { provider: (object) => present(textAt(mapAt(object, 'spec'), 'provider')) },
  OvnEip: { subnet: subnetLabel, address: (object) => held(object, label(object, EIP_V4_LABEL)) },
  IP: {
    // Kube-OVN counts IPs by a label whose key is the Subnet's name.
    subnet: (object) => present(labelled(object)),
    address: (object) => reservedOrUsed(object),
  },
  Vip: { subnet: subnetLabel, address: (object) => held(object, textAt(mapAt(object, 'status'), 'v4ip')) },
  IptablesEIP: {
    subnet: subnetLabel,
    address: (object) => held(object, textAt(mapAt(object, 'status'), 'ip')),
  },
  OvnSnatRule: { eip: (object) => present(label(object, EIP_V4_LABEL)) },
  OvnFip: { eip: (object) => present(label(object, EIP_V4_LABEL)) },
  OvnDnatRule: { eip: (object) => present(label(object, EIP_V4_LABEL)) },
};

/** Indexes of a kind: those of the controllers, and `namespace` for every namespaced kind. */
export function indexesOf(kind: KindInfo): Indexes {
  const own = byKind[kind.kind] ?? {};
  return kind.namespaced ? { ...own, namespace: (object) => present(object.metadata.namespace ?? '') } : own;
}

/** Value of the `address` index: addresses are unique per Subnet, not per cluster. */
export function addressKey(subnet: string, address: string): string {
  return `${subnet} ${address}`;
}

export function label(object: SimObject, key: string): string {
  return textAt(mapAt(metadataOf(object), 'labels'), key);
}

export function annotation(object: SimObject, key: string): string {
  return textAt(mapAt(metadataOf(object), 'annotations'), key);
}

function subnetLabel(object: SimObject): readonly string[] {
  return present(label(object, SUBNET_LABEL));
}

/** The controller writes the Subnet's label when it grants an address, so its presence means "held". */
function held(object: SimObject, address: string): readonly string[] {
  const subnet = label(object, SUBNET_LABEL);
  return subnet === '' || address === '' ? [] : [addressKey(subnet, address)];
}

function labelled(ip: SimObject): string {
  const { subnet } = mapAt(ip, 'spec');
  const labels = mapAt(metadataOf(ip), 'labels');
  return typeof subnet === 'string' && subnet in labels ? subnet : '';
}

/** An IP holds its address once the controller has put its finalizer on it. */
function reservedOrUsed(ip: SimObject): readonly string[] {
  const spec = mapAt(ip, 'spec');
  const address = textAt(spec, 'v4IpAddress');
  const granted = (ip.metadata.finalizers ?? []).length > 0 && address !== '';
  return granted ? [addressKey(textAt(spec, 'subnet'), address)] : [];
}

function present(value: string): readonly string[] {
  return value === '' ? [] : [value];
}
