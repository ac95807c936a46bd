import { incarnationName, type KubeObject, type KubeType, kubeTypes, names } from '@netplane/k8s-adapter';
import { beforeAll, describe, expect, it } from 'vitest';
import { eipBody } from '../../support/builders/eip.builder.ts';
import { externalNetworkBody } from '../../support/builders/external-network.builder.ts';
import { ipRangeBody } from '../../support/builders/ip-range.builder.ts';
import { projectBody } from '../../support/builders/project.builder.ts';
import { conditionOf, eventually, foreign, ref, useClusterStage } from '../support/cluster-stage.ts';
import { uuidOf } from '../support/ledger.ts';
import type { EipView, ProjectView, View } from '../support/views.ts';

const { Namespace, OvnEip, Subnet, Vpc } = kubeTypes;
const stage = useClusterStage({ hasWorker: false });

interface Victim {
  readonly path: string;
  readonly condition: string;
  readonly type: KubeType;
  readonly planted: KubeObject;
}

const victims = new Map<string, Victim>();

/** Networks come first; then, while no worker looks, things are made that a stranger has made already. */
beforeAll(async () => {
  const before = await stage.startWorker();
  await stage.settled(`/v1/external-networks/${stage.world.cloudId}`);
  const [running, replaced] = [await createProject(), await createProject()];
  for (const { id } of [running, replaced]) await stage.settled(`/v1/projects/${id}`);
  await before.stop();
  await plantVpc();
  await plantSubnet();
  await plantNamespace('a namespace', await createProject());
  const ours = await stage.stranger.get(Namespace, ref(replaced.namespace));
  await stage.stranger.delete(Namespace, ref(replaced.namespace), ours?.metadata.uid ?? '');
  await eventually(async () =>
    expect(await stage.stranger.get(Namespace, ref(replaced.namespace))).toBe(undefined),
  );
  await plantNamespace('a namespace in the place of its own', replaced);
  await plantEip(running);
  await stage.startWorker();
});

async function createProject(changes: object = {}): Promise<ProjectView> {
  const body = projectBody(stage.world.acmeId, changes);
  return stage.api.must<ProjectView>('POST', '/v1/projects', { body });
}

async function plant(name: string, victim: Omit<Victim, 'planted'>, object: KubeObject): Promise<void> {
  await stage.stranger.create(victim.type, object);
  await stage.simulator.knobs.settled();
  const planted = await stage.stranger.get(victim.type, ref(object.metadata.name));
  if (planted !== undefined) victims.set(name, { ...victim, planted });
}

async function plantVpc(): Promise<void> {
  const { id } = await createProject();
  const spec = { namespaces: ['somebody-else'] };
  const object = foreign(Vpc, names.vpc(uuidOf('project', id)), { spec });
  await plant('a router', { path: `/v1/projects/${id}`, condition: 'VpcReady', type: Vpc }, object);
}

async function plantSubnet(): Promise<void> {
  const { id } = await createProject();
  const { rows } = await stage.database.owner.query('select id from subnet where project_id = $1', [
    uuidOf('project', id),
  ]);
  const spec = { vpc: 'ovn-cluster', protocol: 'IPv4', cidrBlock: '10.77.0.0/24', gateway: '10.77.0.1' };
  const object = foreign(Subnet, names.subnet(rows[0].id), { spec });
  await plant('a subnet', { path: `/v1/projects/${id}`, condition: 'SubnetReady', type: Subnet }, object);
}

async function plantNamespace(name: string, project: ProjectView): Promise<void> {
  const path = `/v1/projects/${project.id}`;
  const victim = { path, condition: 'NamespaceReady', type: Namespace };
  await plant(name, victim, foreign(Namespace, project.namespace));
}

async function plantEip(project: ProjectView): Promise<void> {
  const eip = await stage.api.must<EipView>('POST', '/v1/eips', { body: eipBody(project.id) });
  const name = incarnationName(names.eip(uuidOf('eip', eip.id)), 1);
  const object = foreign(OvnEip, name, {
    spec: { externalSubnet: 'ext-cloud', v4Ip: '100.65.200.1', type: 'nat' },
  });
  await plant('an address', { path: `/v1/eips/${eip.id}`, condition: 'AddressReady', type: OvnEip }, object);
}

function victimOf(name: string): Victim {
  const victim = victims.get(name);
  if (victim === undefined) throw new Error(`nothing was planted for ${name}`);
  return victim;
}

const cases = [
  'a router',
  'a subnet',
  'a namespace',
  'a namespace in the place of its own',
  'an address',
] as const;

describe.each(cases)('%s that somebody else has made under a name of ours', (name) => {
  it('is a conflict', async () => {
    const { path, condition } = victimOf(name);
    const view = await stage.settled(path);
    const found = conditionOf(view, condition);
    expect(found).toMatchObject({ reason: 'Conflict', waiting_on: 'platform' });
    expect(view.status).toMatchObject({
      phase: 'failed',
      message: found.message,
      next_try_at: expect.any(String),
    });
  });

  it('is named to the platform only', async () => {
    const { path, condition, planted } = victimOf(name);
    const detail = `${planted.kind} ${planted.metadata.name} is not ours`;
    const toPlatform = await stage.api.must<View>('GET', path);
    expect(conditionOf(toPlatform, condition)).toMatchObject({ operator_detail: detail });
    const toOwner = await stage.api.must<View>('GET', path, { as: 'acme_owner' });
    expect(conditionOf(toOwner, condition)).toMatchObject({ reason: 'Conflict' });
    expect(conditionOf(toOwner, condition)).not.toHaveProperty('operator_detail');
    expect(JSON.stringify(toOwner.status)).not.toContain(detail);
  });

  it('stays as it was, however often we look', async () => {
    const { type, planted } = victimOf(name);
    await stage.lookAgain();
    expect(await stage.stranger.get(type, ref(planted.metadata.name))).toEqual(planted);
  });

  it('is the last of it: when it is gone we go on', async () => {
    const { path, type, planted } = victimOf(name);
    const { uid = '', name: plantedName } = planted.metadata;
    await stage.stranger.delete(type, ref(plantedName), uid);
    await eventually(async () => {
      expect((await stage.stranger.get(type, ref(plantedName)))?.metadata.uid).not.toBe(uid);
    });
    await stage.bringForward();
    await eventually(async () => {
      expect((await stage.api.must<View>('GET', path)).status).toMatchObject({ phase: 'ready' });
    });
  });
});

describe("a namespace that is somebody else's", () => {
  it('keeps us from writing anything that names it', async () => {
    const project = await claimedProject();
    expect(await stage.settled(`/v1/projects/${project.id}`)).toMatchObject({ status: { phase: 'failed' } });
    await stage.lookAgain();
    const written = stage.journal.filter(
      ({ object }) =>
        object.metadata.labels?.['netplane.io/project'] === project.id &&
        object.metadata.labels['netplane.io/kind'] === 'project',
    );
    expect(written).toEqual([]);
  });
});

describe('a project whose namespace somebody else has taken', () => {
  it('is deleted, and leaves that namespace alone', async () => {
    const project = await createProject();
    expect(await stage.settled(`/v1/projects/${project.id}`)).toMatchObject({ status: { phase: 'ready' } });
    await stage.api.must('PATCH', `/v1/clusters/${stage.world.clusterId}`, { body: { mode: 'observe' } });
    await stage.lookAgain();
    const ours = await stage.stranger.get(Namespace, ref(project.namespace));
    await stage.stranger.delete(Namespace, ref(project.namespace), ours?.metadata.uid ?? '');
    await stage.simulator.knobs.settled();
    const theirs = await stage.stranger.create(Namespace, foreign(Namespace, project.namespace));
    await stage.api.must('DELETE', `/v1/projects/${project.id}`);
    await stage.api.must('PATCH', `/v1/clusters/${stage.world.clusterId}`, { body: { mode: 'manage' } });
    await stage.gone(`/v1/projects/${project.id}`);
    const left = await stage.stranger.get(Namespace, ref(project.namespace));
    expect(left?.metadata).toMatchObject({ uid: theirs.metadata.uid });
    expect(left?.metadata.deletionTimestamp).toBeUndefined();
    expect(await objectsOf(project)).toEqual([]);
  });
});

describe('an adopted network that turns into another one', () => {
  it('leaves the projects on it as they are', async () => {
    const networkId = await adoptNetwork();
    const project = await createProject({ egress_network: networkId });
    const eip = await stage.api.must<EipView>('POST', '/v1/eips', {
      body: eipBody(project.id, { network: networkId }),
    });
    expect(await stage.settled(`/v1/projects/${project.id}`)).toMatchObject({ status: { phase: 'ready' } });
    expect(await stage.settled(`/v1/eips/${eip.id}`)).toMatchObject({ status: { phase: 'ready' } });
    const before = await objectsOf(project);
    expect(before.length).toBeGreaterThanOrEqual(6);

    await stage.stranger.mergePatch(Subnet, ref('adopted'), { spec: { gateway: '100.97.0.254' } });
    await stage.lookAgain();
    const network = await stage.api.must<View>('GET', `/v1/external-networks/${networkId}`);
    expect(network.status.phase).toBe('failed');
    expect(conditionOf(network, 'Adopted')).toMatchObject({ reason: 'AdoptedSubnetDiffers' });
    await stage.lookAgain();
    expect(await objectsOf(project)).toEqual(before);
    const { status } = await stage.api.must<View>('GET', `/v1/projects/${project.id}`);
    expect(status.phase).not.toBe('failed');

    await stage.stranger.mergePatch(Subnet, ref('adopted'), { spec: { gateway: '100.97.0.1' } });
    await stage.lookAgain();
    await eventually(async () => {
      expect((await stage.api.must<View>('GET', `/v1/projects/${project.id}`)).status.phase).toBe('ready');
    });
  });
});

/** A project whose namespace is somebody's already. */
async function claimedProject(): Promise<ProjectView> {
  const body = projectBody(stage.world.acmeId);
  await stage.stranger.create(Namespace, foreign(Namespace, `acme-${body.name}`));
  const project = await stage.api.must<ProjectView>('POST', '/v1/projects', { body });
  expect(project.namespace).toBe(`acme-${body.name}`);
  return project;
}

/** A network on a Subnet that the operator has made, with a range that its controller leaves alone. */
async function adoptNetwork(): Promise<string> {
  const range = { first: '100.97.0.10', last: '100.97.0.99' };
  const spec = {
    ...{
      vpc: 'ovn-cluster',
      protocol: 'IPv4',
      provider: 'ovn',
      cidrBlock: '100.97.0.0/24',
      gateway: '100.97.0.1',
    },
    excludeIps: [`${range.first}..${range.last}`, '100.97.0.1'],
  };
  await stage.stranger.create(Subnet, foreign(Subnet, 'adopted', { spec }));
  const {
    provider_network: _,
    vlan_id: __,
    ...body
  } = externalNetworkBody(stage.world.clusterId, '100.97.0.0/24');
  const network = await stage.api.must<View>('POST', '/v1/external-networks', {
    body: { ...body, adopt_subnet: 'adopted' },
  });
  const { id } = await stage.api.must<View>('POST', '/v1/ip-ranges', {
    body: ipRangeBody(network.id, range),
  });
  expect(await stage.settled(`/v1/ip-ranges/${id}`)).toMatchObject({ status: { phase: 'ready' } });
  return network.id;
}

/** Whatever stands on the cluster for the project: name, uid and spec. */
async function objectsOf(project: View): Promise<readonly object[]> {
  const labelSelector = `netplane.io/project=${project.id}`;
  const lists = await Promise.all(
    [Vpc, Subnet, Namespace, OvnEip, kubeTypes.OvnSnatRule].map((type) =>
      stage.stranger.list(type, { labelSelector }),
    ),
  );
  return lists
    .flatMap(({ items }) => items)
    .map(({ kind, metadata: { name, uid, labels }, spec }) => ({ kind, name, uid, labels, spec }));
}
