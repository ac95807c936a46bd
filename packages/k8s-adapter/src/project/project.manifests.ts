/**
 * The network of a project: router port, Vpc, Subnet, Namespace, SNAT rule.
 *
 * Creation: never the Namespace before its Subnet is ready, since a pod of a namespace without a subnet lands in the
 * default VPC; never the connection before the router port has our address; never the SNAT rule before its EIP is ready,
 * which Kube-OVN would retry for seconds. Deletion, one stage at a time: Namespace → SNAT rule → [EIPs] →
 * Subnet → Vpc disconnected → router port → Vpc.
 */
import type { OrganizationId, ProjectId } from '@netplane/domain';
import type { KubeObject } from '../client/kube-object.ts';
import { type DesiredObject, ensure, held, type Situation, type Slot } from '../engine/desired.ts';
import type { OvnEipSpec, OvnSnatRuleSpec, SubnetSpec, VpcSpec } from '../manifest/generated/kube-ovn.ts';
import { kubeTypes } from '../manifest/kube-types.ts';
import {
  carriesOwner,
  LOGICAL_SWITCH_ANNOTATION,
  labelKeys,
  type Owner,
  ownerLabels,
} from '../manifest/labels.ts';
import { names } from '../manifest/naming.ts';
import { ownedObject } from '../manifest/owned-object.ts';
import { eipIsReady, subnetIsReady, vpcIsStandby } from './project.status.ts';

export const PROJECT_BUILDER_VERSION = 1;

/** Below Kube-OVN's own 31000, the policy per Subnet that keeps traffic inside the VPC. */
const REROUTE_PRIORITY = 28_000;

export interface ProjectValues {
  readonly installation: string;
  readonly id: ProjectId;
  readonly organizationId: OrganizationId;
  readonly namespace: string;
  readonly cidr: string;
  readonly gatewayAddress: string;
  readonly subnetId: string;
  readonly snatRuleId: string;
  readonly isDeleting: boolean;
  readonly network: {
    /** Name of its Subnet on the cluster; `null` until there is one. */
    readonly subnetName: string | null;
    /** The physical router. */
    readonly gateway: string;
  };
  /** The address that is pinned for the router's port in the external network. */
  readonly routerPortAddress: string;
  readonly gatewayEip: {
    /** Name of its OvnEip on the cluster; `null` until there is one. */
    readonly objectName: string | null;
    readonly isReady: boolean;
    /** Whether its OvnEip was deleted by hand: Kube-OVN does not let go of it under a rule, so the rule is made anew. */
    readonly isMissing: boolean;
  };
  /** Whether objects of any EIP of the project are still on the cluster. */
  readonly hasEipObjects: boolean;
}

export function projectOwner(values: Pick<ProjectValues, 'installation' | 'id' | 'organizationId'>): Owner {
  const { installation, id, organizationId } = values;
  return { installation, kind: 'project', id, organizationId, projectId: id };
}

export function projectSlots(values: ProjectValues): readonly Slot[] {
  const vpc = names.vpc(values.id);
  const { subnetName } = values.network;
  const cluster = { namespace: null, createOnce: false };
  return [
    { slot: 'vpc', type: kubeTypes.Vpc, baseName: vpc, ...cluster },
    { slot: 'subnet', type: kubeTypes.Subnet, baseName: names.subnet(values.subnetId), ...cluster },
    { slot: 'namespace', type: kubeTypes.Namespace, baseName: values.namespace, lookFirst: true, ...cluster },
    {
      slot: 'snat-rule',
      type: kubeTypes.OvnSnatRule,
      baseName: names.snatRule(values.snatRuleId),
      namespace: null,
      createOnce: true,
    },
    // its name is Kube-OVN's own, so it cannot carry an incarnation
    ...(subnetName === null
      ? []
      : [
          {
            slot: 'router-port',
            type: kubeTypes.OvnEip,
            baseName: names.routerPort(vpc, subnetName),
            lookFirst: true,
            ...cluster,
          },
        ]),
  ];
}

export function buildProject(values: ProjectValues, situation: Situation): readonly DesiredObject[] {
  return values.isDeleting ? buildTeardown(values, situation) : buildNetwork(values, situation);
}

function buildNetwork(values: ProjectValues, situation: Situation): readonly DesiredObject[] {
  const { seen } = situation;
  const { network, gatewayEip } = values;
  if (network.subnetName === null) {
    // a network that was there and is not ready now takes nothing away from the project
    return [
      ...['vpc', 'subnet', 'namespace', 'snat-rule'].map((slot) =>
        held(slot, situation.nameOf(slot), 'WaitingForNetwork'),
      ),
      ...(seen.has('router-port') ? [keep(values, situation, 'router-port')] : []),
    ];
  }
  const isConnected = eipIsReady(seen.get('router-port'));
  const router: readonly DesiredObject[] = hasStrayPort(values, seen)
    ? [ensure('vpc', vpc(values, situation, 'disconnected'))]
    : [
        ensure('router-port', routerPort(values, situation, network.subnetName)),
        ensure('vpc', vpc(values, situation, isConnected ? 'connected' : 'unconnected')),
      ];
  return [
    ...router,
    ensure('subnet', subnet(values, situation), vpcIsStandby(seen.get('vpc')) ? null : 'WaitingForVpc'),
    ensure(
      'namespace',
      namespace(values, situation),
      subnetIsReady(seen.get('subnet')) ? null : 'WaitingForSubnet',
    ),
    ...(snatRuleIsOutdated(values, seen.get('snat-rule'))
      ? []
      : [
          ensure(
            'snat-rule',
            snatRule(values, situation),
            gatewayEip.isReady && seen.has('subnet') ? null : 'WaitingForGatewayEip',
          ),
        ]),
  ];
}

/**
 * A router that is connected while its port is gone gets one from Kube-OVN, with an address that we do not know. It goes
 * with the connection; then ours is made again.
 */
function hasStrayPort(values: ProjectValues, seen: Situation['seen']): boolean {
  const port = seen.get('router-port');
  return port?.spec?.type === 'lrp' && seen.has('vpc') && !carriesOwner(port, projectOwner(values));
}

/** A rule names its EIP once: where that one is gone or going, or another has taken its place, the rule goes too. */
function snatRuleIsOutdated({ gatewayEip }: ProjectValues, rule: KubeObject | undefined): boolean {
  if (rule === undefined) return false;
  const { objectName, isMissing } = gatewayEip;
  return isMissing || (objectName !== null && rule.spec?.ovnEip !== objectName);
}

/** What is left at each stage: everything is kept but the first thing of ours that is still there. */
function buildTeardown(values: ProjectValues, { seen: all, nameOf }: Situation): readonly DesiredObject[] {
  const owner = projectOwner(values);
  const seen = new Map([...all].filter(([, object]) => carriesOwner(object, owner)));
  const situation: Situation = { seen, nameOf };
  const stages = ['namespace', 'snat-rule', 'subnet', 'router-port', 'vpc'];
  const kept = (from: string) =>
    stages
      .slice(stages.indexOf(from) + 1)
      .filter((slot) => seen.has(slot))
      .map((slot) => keep(values, situation, slot));
  if (seen.has('namespace')) return kept('namespace');
  if (seen.has('snat-rule')) return kept('snat-rule');
  if (values.hasEipObjects)
    return ['subnet', ...['router-port', 'vpc']]
      .filter((slot) => seen.has(slot))
      .map((slot) => keep(values, situation, slot));
  if (seen.has('subnet')) return kept('subnet');
  // the controller removes the router port itself when the Vpc is disconnected; then the Vpc may go
  const { spec, status } = seen.get('vpc') ?? {};
  const isConnected = spec?.enableExternal === true || status?.enableExternal === true;
  if (isConnected) {
    return [
      { ...keep(values, situation, 'vpc'), object: vpc(values, situation, 'disconnected') },
      ...(seen.has('router-port') ? [keep(values, situation, 'router-port')] : []),
    ];
  }
  return seen.has('router-port') && seen.has('vpc') ? kept('router-port') : [];
}

function keep(values: ProjectValues, situation: Situation, slot: string): DesiredObject {
  const object = situation.seen.get(slot);
  if (object === undefined) throw new TypeError(`${slot} of ${values.id} is not there`);
  return { slot, object, presence: 'keep', hold: null };
}

/** Pinned before the Vpc is connected, so that Kube-OVN takes the address that we counted. */
function routerPort(values: ProjectValues, situation: Situation, externalSubnet: string): KubeObject {
  const spec: OvnEipSpec = { externalSubnet, v4Ip: values.routerPortAddress, type: 'lrp' };
  return ownedObject(kubeTypes.OvnEip, projectOwner(values), situation.nameOf('router-port'), spec);
}

/** One builder computes the whole Vpc from all rows of the project. */
function vpc(
  values: ProjectValues,
  situation: Situation,
  connection: 'unconnected' | 'connected' | 'disconnected',
): KubeObject {
  const { gateway, subnetName } = values.network;
  const external = {
    unconnected: {},
    connected: { enableExternal: true, extraExternalSubnets: subnetName === null ? [] : [subnetName] },
    disconnected: { enableExternal: false, extraExternalSubnets: [] },
  } as const;
  const spec: VpcSpec = {
    namespaces: [values.namespace],
    ...external[connection],
    // the default route alone dies in an ARP for the subnet's own gateway on stock OVN: the reroute sends it out
    staticRoutes: [
      { policy: 'policyDst', cidr: '0.0.0.0/0', nextHopIP: gateway, ecmpMode: '', bfdId: '', routeTable: '' },
    ],
    policyRoutes: [
      {
        priority: REROUTE_PRIORITY,
        match: `ip4.src == ${values.cidr}`,
        action: 'reroute',
        nextHopIP: gateway,
      },
    ],
  };
  return ownedObject(kubeTypes.Vpc, projectOwner(values), situation.nameOf('vpc'), spec);
}

/**
 * Connections are opened from inside only: a router takes packets for its pods from whoever is on the external
 * network and knows its MAC. Stateful rules at the pods' ports, since policies of a router cannot see connections;
 * answers to what a pod has opened pass them.
 */
function isolation(situation: Situation): NonNullable<SubnetSpec['acls']> {
  const port = names.switchPortOfRouter(situation.nameOf('subnet'), situation.nameOf('vpc'));
  return [
    { direction: 'to-lport', priority: 1001, match: `inport == "${port}" && ip`, action: 'drop' },
    { direction: 'to-lport', priority: 1000, match: 'ip', action: 'allow-related' },
  ];
}

function subnet(values: ProjectValues, situation: Situation): KubeObject {
  const spec: SubnetSpec = {
    vpc: situation.nameOf('vpc'),
    protocol: 'IPv4',
    provider: 'ovn',
    cidrBlock: values.cidr,
    gateway: values.gatewayAddress,
    excludeIps: [values.gatewayAddress],
    namespaces: [values.namespace],
    natOutgoing: false,
    private: false,
    acls: isolation(situation),
  };
  return ownedObject(kubeTypes.Subnet, projectOwner(values), situation.nameOf('subnet'), spec);
}

/**
 * Bound to its Subnet from the first moment: the controller writes the same annotation, but stops looking for the
 * Subnet when any other one on the cluster names a missing Vpc, and then binds the namespace to the default VPC.
 */
function namespace(values: ProjectValues, situation: Situation): KubeObject {
  const subnetName = situation.nameOf('subnet');
  const labels = { ...ownerLabels(projectOwner(values)), [labelKeys.subnet]: subnetName };
  const annotations = { [LOGICAL_SWITCH_ANNOTATION]: subnetName };
  const { apiVersion, kind } = kubeTypes.Namespace;
  return { apiVersion, kind, metadata: { name: situation.nameOf('namespace'), labels, annotations } };
}

function snatRule(values: ProjectValues, situation: Situation): KubeObject {
  const spec: OvnSnatRuleSpec = {
    ovnEip: values.gatewayEip.objectName ?? '',
    vpcSubnet: situation.nameOf('subnet'),
  };
  return ownedObject(kubeTypes.OvnSnatRule, projectOwner(values), situation.nameOf('snat-rule'), spec);
}
