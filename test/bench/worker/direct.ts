/** Writes Netplane's objects without Netplane: what its builders say, as soon as its watch shows what they wait for. */
import { randomUUID } from 'node:crypto';
import type { OrganizationId, ProjectId } from '@netplane/domain';
import {
  buildProject,
  type DesiredObject,
  deriveProject,
  incarnationName,
  type KubeObject,
  kubeTypes,
  labelKeys,
  natEipIsReady,
  type ProjectValues,
  projectSlots,
  type Slot,
} from '@netplane/k8s-adapter';
import { BARE_INSTALLATION, bareEip } from './bare-eips.ts';
import type { Stand } from './stand.ts';

export interface DirectDriver {
  /** Resolves when its controller has taken the address. */
  makeEip(object: KubeObject): Promise<void>;
  /** Resolves when every step of a project is confirmed. */
  makeProject(): Promise<void>;
  close(): void;
}

const kinds = ['Namespace', 'Vpc', 'Subnet', 'OvnEip', 'OvnSnatRule'] as const;
const WATCH_SECONDS = 3_600;
/** Above those of EIPs alone. */
const FIRST_GATEWAY = 15_000;

/** Watches everything of its own from the beginning, as a controller would. */
export async function directDriver({ client }: Stand, outer: AbortSignal): Promise<DirectDriver> {
  const leave = new AbortController();
  const signal = AbortSignal.any([outer, leave.signal]);
  const seen = new Map<string, KubeObject>();
  const listeners = new Set<() => void>();
  const keyOf = (kind: string, name: string) => `${kind} ${name}`;
  const labelSelector = `${labelKeys.installation}=${BARE_INSTALLATION}`;
  for (const kind of kinds) {
    const { resourceVersion } = await client.list(kubeTypes[kind], { labelSelector });
    const options = { labelSelector, resourceVersion, timeoutSeconds: WATCH_SECONDS, signal };
    const follow = async () => {
      for await (const event of client.watch(kubeTypes[kind], options)) {
        if (event.type === 'BOOKMARK') continue;
        seen.set(keyOf(kind, event.object.metadata.name), event.object);
        for (const listener of listeners) listener();
      }
    };
    follow().catch((error: unknown) => {
      if (!signal.aborted) console.error(error);
    });
  }

  /** Tries again after each event until it says that it is done. */
  async function onEvents(step: () => Promise<boolean>): Promise<void> {
    for (;;) {
      const { promise, resolve } = Promise.withResolvers<void>();
      listeners.add(resolve);
      try {
        if (await step()) return;
        await promise;
      } finally {
        listeners.delete(resolve);
      }
      signal.throwIfAborted();
    }
  }

  async function makeEip(object: KubeObject): Promise<void> {
    const address = String(object.spec?.v4Ip);
    await client.apply(kubeTypes.OvnEip, object);
    await onEvents(async () => natEipIsReady(seen.get(keyOf('OvnEip', object.metadata.name)), address));
  }

  let projects = 0;
  async function makeProject(): Promise<void> {
    projects += 1;
    const gateway = bareEip(FIRST_GATEWAY + 2 * projects);
    const values = projectValues(projects, gateway);
    const slots = projectSlots(values);
    const written = new Map<string, string>();
    const applyNew = async ({ slot, object, hold }: DesiredObject) => {
      if (hold !== null || written.get(slot) === JSON.stringify(object)) return;
      written.set(slot, JSON.stringify(object));
      await client.apply(typeOf(slots, slot), object);
    };
    await client.apply(kubeTypes.OvnEip, gateway);
    await onEvents(async () => {
      const nameOf = (slot: string) => nameIn(slots, slot);
      const own = new Map(
        slots.flatMap(({ slot, type }) => {
          const object = seen.get(keyOf(type.kind, nameOf(slot)));
          return object === undefined ? [] : [[slot, object] as const];
        }),
      );
      const gatewaySeen = seen.get(keyOf('OvnEip', gateway.metadata.name));
      const isReady = natEipIsReady(gatewaySeen, String(gateway.spec?.v4Ip));
      const now = { ...values, gatewayEip: { ...values.gatewayEip, isReady } };
      await Promise.all(buildProject(now, { seen: own, nameOf }).map(applyNew));
      return isWhole(now, own);
    });
  }

  return { makeEip, makeProject, close: () => leave.abort() };
}

function isWhole(values: ProjectValues, seen: ReadonlyMap<string, KubeObject>): boolean {
  const { conditions, advisory } = deriveProject({
    outcomes: new Map(),
    seen,
    externalSubnet: values.network.subnetName,
    gatewayEip: { isReady: values.gatewayEip.isReady, condition: null },
    guarded: null,
    diagnosis: { gatewayNodes: null, routerPortHolder: null },
    isOverdue: false,
    isDeleting: false,
  });
  return conditions.every(({ type, status }) => status === 'true' || advisory.includes(type));
}

function projectValues(number: number, gateway: KubeObject): ProjectValues {
  const router = bareEip(FIRST_GATEWAY + 2 * number + 1);
  return {
    installation: BARE_INSTALLATION,
    id: randomUUID() as ProjectId, // of no row
    organizationId: randomUUID() as OrganizationId, // as above
    namespace: `bare-${number}-${randomUUID().slice(0, 8)}`,
    cidr: `10.200.${4 * number}.0/22`,
    gatewayAddress: `10.200.${4 * number}.1`,
    subnetId: randomUUID(),
    snatRuleId: randomUUID(),
    isDeleting: false,
    network: { subnetName: 'ext-cloud', gateway: '100.65.0.1' },
    routerPortAddress: String(router.spec?.v4Ip),
    gatewayEip: { objectName: gateway.metadata.name, isReady: false, isMissing: false },
    hasEipObjects: false,
  };
}

function nameIn(slots: readonly Slot[], name: string): string {
  const slot = slotIn(slots, name);
  return slot.createOnce ? incarnationName(slot.baseName, 1) : slot.baseName;
}

function typeOf(slots: readonly Slot[], name: string): Slot['type'] {
  return slotIn(slots, name).type;
}

function slotIn(slots: readonly Slot[], name: string): Slot {
  const slot = slots.find((candidate) => candidate.slot === name);
  if (slot === undefined) throw new TypeError(`no slot ${name}`);
  return slot;
}
