/** Objects of ours are deleted or changed by hand. Which there are is read from the list of what each kind makes. */

import { isDeepStrictEqual } from 'node:util';
import { provisionedKinds } from '@netplane/domain';
import { type KubeObject, type KubeType, kindsByBuilder, kubeTypes } from '@netplane/k8s-adapter';
import { eipBody } from '../../support/builders/eip.builder.ts';
import { projectBody } from '../../support/builders/project.builder.ts';
import { converge } from '../converge.ts';
import type { ChaosCase, Outcome } from '../fault.ts';
import type { Lane } from '../stage/lane.ts';
import { fixedFault } from './fixed-cases.ts';

interface Target {
  readonly ownerKind: string;
  readonly type: KubeType;
}

/** Every object that a builder makes. */
const targets: readonly Target[] = provisionedKinds.flatMap((ownerKind) =>
  kindsByBuilder[ownerKind].map((kind) => ({ ownerKind, type: kubeTypes[kind] })),
);

/** What a stranger may do to what is applied again and again. What is made once and never looked at again is not here. */
const changes: Readonly<Record<string, object>> = {
  'project/Vpc': { spec: { staticRoutes: null, policyRoutes: null } },
  'project/Subnet': { spec: { natOutgoing: true } },
  'project/Namespace': { metadata: { annotations: { 'ovn.kubernetes.io/logical_switch': 'ovn-default' } } },
  'external-network/Subnet': { spec: { excludeIps: ['100.65.0.1'] } },
};

/** Gone only when everything that needs them is gone: Kube-OVN keeps them, and so do we. */
const keptByOthers: readonly string[] = [
  'project/Vpc',
  'external-network/Subnet',
  'external-network/Vlan',
  'cluster/ProviderNetwork',
];

export const byHand = fixedFault({
  name: 'by-hand',
  against: ['simulator', 'cluster'],
  list: () => [
    ...targets
      .filter((target) => !keptByOthers.includes(nameOf(target)))
      .map((target): ChaosCase => {
        const id = `by-hand:deleted:${nameOf(target)}`;
        return { id, run: (lane) => run(lane, target, (at, each) => remove(lane, at, each), areOthers) };
      }),
    ...targets
      .filter((target) => nameOf(target) in changes)
      .map((target): ChaosCase => {
        const patch = changes[nameOf(target)] ?? {};
        const id = `by-hand:changed:${nameOf(target)}`;
        const act = (lane: Lane): Act => {
          return async (at, { metadata: { name } }) => {
            await lane.cluster.stranger.mergePatch(at, { namespace: null, name }, patch);
          };
        };
        return { id, run: (lane) => run(lane, target, act(lane), areTheSame) };
      }),
  ],
});

function nameOf({ ownerKind, type }: Target): string {
  return `${ownerKind}/${type.kind}`;
}

type Act = (type: KubeType, object: KubeObject) => Promise<void>;
/** Whether what stands now is as good as what stood before. */
type Repaired = (before: readonly KubeObject[], now: readonly KubeObject[]) => boolean;

async function run(lane: Lane, target: Target, act: Act, isRepaired: Repaired): Promise<Outcome> {
  const project = await lane.client.must({
    kind: 'project',
    verb: 'create',
    body: projectBody(lane.world.organizationId),
  });
  await lane.client.must({ kind: 'eip', verb: 'create', body: eipBody(project.id) });
  await converge(lane, performance.now());
  const objects = await standing(lane, target);
  if (objects.length === 0) throw new Error(`${nameOf(target)}: there is none to break`);
  for (const object of objects) await act(target.type, object);
  const since = performance.now();
  const obstacle = async () => {
    const now = await standing(lane, target);
    return objects.length === now.length && isRepaired(objects, now)
      ? undefined
      : `${nameOf(target)} is not repaired`;
  };
  return { injected: objects.length, convergedSeconds: await converge(lane, since, { obstacle }) };
}

/** All of that kind that stand by our rows and are not leaving. */
async function standing(
  { owner, cluster }: Lane,
  { ownerKind, type }: Target,
): Promise<readonly KubeObject[]> {
  const { rows } = await owner.query<{ uid: string }>(
    `select uid from cluster_object
     where owner_kind = $1 and kind = $2 and gone_at is null and origin = 'created'
       and cluster_id = (select id from cluster where name = 'local')`,
    [ownerKind, type.kind],
  );
  const uids = new Set(rows.map(({ uid }) => uid));
  const { items } = await cluster.stranger.list(type);
  return items.filter(
    ({ metadata }) => metadata.deletionTimestamp === undefined && uids.has(metadata.uid ?? ''),
  );
}

async function remove({ cluster }: Lane, type: KubeType, { metadata }: KubeObject): Promise<void> {
  const { namespace = null, name, uid = '' } = metadata;
  await cluster.stranger.delete(type, { namespace, name }, uid);
}

function areOthers(before: readonly KubeObject[], now: readonly KubeObject[]): boolean {
  const uids = new Set(before.map(({ metadata }) => metadata.uid));
  return now.every(({ metadata }) => !uids.has(metadata.uid));
}

function areTheSame(before: readonly KubeObject[], now: readonly KubeObject[]): boolean {
  const told = ({ metadata, spec }: KubeObject) => ({
    uid: metadata.uid,
    spec,
    logicalSwitch: metadata.annotations?.['ovn.kubernetes.io/logical_switch'],
  });
  return before.every((object) => now.some((other) => isDeepStrictEqual(told(other), told(object))));
}
