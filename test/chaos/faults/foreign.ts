/**
 * Somebody else's object has our name. It is a `Conflict` and stays as it is; once its owner has removed it, ours is made.
 */
import { kinds, parseId } from '@netplane/domain';
import { incarnationName, type KubeObject, type KubeType, kubeTypes, names } from '@netplane/k8s-adapter';
import { eipBody } from '../../support/builders/eip.builder.ts';
import { projectBody } from '../../support/builders/project.builder.ts';
import type { View } from '../client.ts';
import { converge } from '../converge.ts';
import type { ChaosCase, Outcome } from '../fault.ts';
import type { Lane } from '../stage/lane.ts';
import { fixedFault } from './fixed-cases.ts';

interface Planting {
  readonly kind: 'project' | 'eip';
  readonly type: KubeType;
  /** The name that ours will want. */
  readonly nameOf: (lane: Lane, view: View) => Promise<string>;
  readonly spec?: object;
}

const plantings: Readonly<Record<string, Planting>> = {
  'project/Vpc': {
    kind: 'project',
    type: kubeTypes.Vpc,
    nameOf: async (_, { id }) => names.vpc(uuidOf('project', id)),
    spec: { namespaces: ['somebody-else'] },
  },
  'project/Subnet': {
    kind: 'project',
    type: kubeTypes.Subnet,
    nameOf: async ({ owner }, { id }) => {
      const { rows } = await owner.query<{ id: string }>('select id from subnet where project_id = $1', [
        uuidOf('project', id),
      ]);
      return names.subnet(rows[0]?.id ?? '');
    },
    spec: { vpc: 'ovn-cluster', protocol: 'IPv4', cidrBlock: '10.77.0.0/24', gateway: '10.77.0.1' },
  },
  'project/Namespace': {
    kind: 'project',
    type: kubeTypes.Namespace,
    nameOf: async (_, { namespace }) => String(namespace),
  },
  'eip/OvnEip': {
    kind: 'eip',
    type: kubeTypes.OvnEip,
    nameOf: async (_, { id }) => incarnationName(names.eip(uuidOf('eip', id)), 1),
    spec: { externalSubnet: 'ext-cloud', v4Ip: '100.65.200.1', type: 'nat' },
  },
};

const CONFLICT_SECONDS = 60;

export const foreign = fixedFault({
  name: 'foreign',
  against: ['simulator', 'cluster'],
  list: () =>
    Object.entries(plantings).map(([name, planting]): ChaosCase => {
      return { id: `foreign:${name}`, run: (lane) => run(lane, planting) };
    }),
});

function uuidOf(kind: 'project' | 'eip', id: string): string {
  const uuid = parseId(kind, id);
  if (uuid === undefined) throw new TypeError(`not an id of a ${kind}: ${id}`);
  return uuid;
}

/** The worker does not look while the stranger is at work. */
async function run(lane: Lane, planting: Planting): Promise<Outcome> {
  const { client, cluster } = lane;
  const [worker] = lane.workers;
  const projectRequest = {
    kind: 'project',
    verb: 'create',
    body: projectBody(lane.world.organizationId),
  } as const;
  const project = planting.kind === 'eip' ? await client.must(projectRequest) : undefined;
  await converge(lane, performance.now());
  await worker?.program.stop();
  const view = await client.must(
    project === undefined ? projectRequest : { kind: 'eip', verb: 'create', body: eipBody(project.id) },
  );
  const name = await planting.nameOf(lane, view);
  const planted = await plant(lane, planting, name);
  await worker?.program.start();
  await untilConflict(lane, planting, view.id);
  const left = await cluster.stranger.get(planting.type, { namespace: null, name });
  if (told(left) !== told(planted)) throw new Error(`the stranger's ${name} was touched: ${told(left)}`);
  await cluster.stranger.delete(planting.type, { namespace: null, name }, planted.metadata.uid ?? '');
  const since = performance.now();
  return { injected: 1, convergedSeconds: await converge(lane, since) };
}

async function plant({ cluster }: Lane, { type, spec }: Planting, name: string): Promise<KubeObject> {
  const { apiVersion, kind } = type;
  const object = { apiVersion, kind, metadata: { name }, ...(spec === undefined ? {} : { spec }) };
  return cluster.stranger.create(type, object as KubeObject); // of a type and a spec of its own
}

/** What the stranger has said of it; its controllers may have added more. */
function told(object: KubeObject | undefined): string {
  return JSON.stringify([object?.metadata.uid, object?.metadata.labels?.['netplane.io/id'] ?? null]);
}

async function untilConflict(lane: Lane, { kind }: Planting, id: string): Promise<void> {
  const deadline = performance.now() + CONFLICT_SECONDS * 1_000;
  for (;;) {
    const view = await lane.client.get(kind, id);
    if (JSON.stringify(view?.status).includes('"Conflict"')) return;
    if (performance.now() > deadline)
      throw new Error(`${kinds[kind].idPrefix} ${id} is no Conflict: ${JSON.stringify(view?.status)}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
