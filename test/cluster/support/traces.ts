/** Where a packet goes: ovn-trace on the flows that northd has compiled from Kube-OVN's rows. */
import type { PlacedPod } from './pods.ts';
import type { Stage } from './stage.ts';

/** Stands for the MAC of a physical router, which OVN would learn by ARP. */
const PHYSICAL_MAC = '0a:00:00:00:00:01';

/** What every conntrack lookup on the way says of the packet: more of them than any way has. */
const LOOKUPS = 6;
const newConnection = { ct: new Array<'new'>(LOOKUPS).fill('new') };
const answerOfOne = { ct: new Array<'est,rpl'>(LOOKUPS).fill('est,rpl') };

export interface Router {
  readonly vpc: string;
  /** Subnet of the external network that it is connected to. */
  readonly externalSubnet: string;
  /** Address of the physical router there. */
  readonly gateway: string;
}

/** What the gateway node would learn from the physical router's answer to an ARP request; it goes with the router. */
export async function learnGateway({ sbctl }: Stage, router: Router): Promise<void> {
  const port = `${router.vpc}-${router.externalSubnet}`;
  const find = ['--bare', '--columns=datapath', 'find', 'port_binding', `logical_port=${port}`];
  const datapath = (await sbctl(find)).trim();
  const binding = [`logical_port=${port}`, `ip=${router.gateway}`, `datapath=${datapath}`];
  await sbctl(['create', 'mac_binding', ...binding, `mac="${PHYSICAL_MAC}"`]);
}

/** Of a project, as its pods see it. */
export interface Origin {
  readonly router: Router;
  readonly pod: PlacedPod;
}

/** A TCP connection of the pod to an address anywhere, by its router or by another MAC. */
export async function traceFromPod(
  stage: Stage,
  { router, pod }: Origin,
  destination: string,
  nextHopMac?: string,
): Promise<string> {
  const mac = nextHopMac ?? (await macOfRouterPort(stage, `${router.vpc}-${pod.subnet}`));
  const packet = [
    `inport=="${pod.port}" && eth.src==${pod.mac} && eth.dst==${mac}`,
    `ip4.src==${pod.address} && ip4.dst==${destination} && ip.ttl==64 && tcp && tcp.dst==443`,
  ];
  return stage.trace(pod.subnet, packet.join(' && '), newConnection);
}

interface FromOutside {
  readonly source: string;
  readonly destination: string;
  /** Whether it answers a connection that was opened from inside. */
  readonly isAnswer?: boolean;
}

/** A TCP packet from the external network, sent to a project's router; opens a connection unless it answers one. */
export async function traceFromOutside(
  stage: Stage,
  router: Router,
  { source, destination, isAnswer = false }: FromOutside,
): Promise<string> {
  const routerMac = await macOfRouterPort(stage, `${router.vpc}-${router.externalSubnet}`);
  const packet = [
    `inport=="localnet.${router.externalSubnet}" && eth.src==${PHYSICAL_MAC} && eth.dst==${routerMac}`,
    `ip4.src==${source} && ip4.dst==${destination} && ip.ttl==64 && tcp && tcp.dst==443`,
  ];
  return stage.trace(router.externalSubnet, packet.join(' && '), isAnswer ? answerOfOne : newConnection);
}

/** Where the packet comes out of OVN: ports of pods and of physical networks, in order. */
export function outputsOf(trace: string): readonly string[] {
  const outputs = [...trace.matchAll(/output to "([^"]+)", type "([^"]*)"/g)];
  return outputs.filter(([, , type]) => type !== 'patch').map(([, port = '']) => port);
}

async function macOfRouterPort({ nbctl }: Stage, port: string): Promise<string> {
  return (await nbctl(['get', 'logical_router_port', port, 'mac'])).trim().replaceAll('"', '');
}
