import { type KubeType, kubeTypes } from '@netplane/k8s-adapter';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eipBody } from '../../support/builders/eip.builder.ts';
import { projectBody } from '../../support/builders/project.builder.ts';
import { conditionOf, eventually, foreign, ref, useClusterStage } from '../support/cluster-stage.ts';
import { uuidOf } from '../support/ledger.ts';
import type { EipView, ProjectView, View } from '../support/views.ts';

const { Node, OvnEip, OvnSnatRule, Vpc } = kubeTypes;
const Pod: KubeType = { apiVersion: 'v1', kind: 'Pod', plural: 'pods', namespaced: true };
const stage = useClusterStage({ hasWorker: false });

/** The guard may not be installed until a test says so. */
function forbidGuard(): void {
  stage.simulator.knobs.clearFaults();
  stage.simulator.knobs.failNext({
    ...{ verb: 'create', kind: 'ValidatingAdmissionPolicy', status: 403, count: 1_000 },
  });
}

beforeAll(async () => {
  forbidGuard();
  await stage.startWorker();
  await stage.settled(`/v1/external-networks/${stage.world.cloudId}`);
});

afterEach(() => stage.simulator.knobs.startControllers());

async function createProject(): Promise<ProjectView> {
  return stage.api.must('POST', '/v1/projects', { body: projectBody(stage.world.acmeId) });
}

/** As if it had been asked for, and its objects made, so much earlier. */
async function age(kind: 'project' | 'eip', id: string, seconds: number): Promise<void> {
  await stage.database.owner.query(
    `with objects as (
       update cluster_object set created_at = created_at - make_interval(secs => $2) where owner_id = $1
     )
     update ${kind} set updated_at = updated_at - make_interval(secs => $2) where id = $1`,
    [uuidOf(kind, id), seconds],
  );
  await stage.bringForward();
}

interface Expected {
  readonly phase: string;
  readonly condition: string;
  readonly reason: string;
  readonly waiting_on: string;
}

async function expectStuck(path: string, expected: Expected): Promise<View> {
  const { phase, condition, reason, waiting_on } = expected;
  return eventually(async () => {
    const view = await stage.api.must<View>('GET', path);
    expect(conditionOf(view, condition)).toMatchObject({ status: 'false', reason, waiting_on });
    expect(view.status).toMatchObject({ phase, next_try_at: expect.any(String) });
    return view;
  });
}

async function expectReady(path: string): Promise<View> {
  return eventually(async () => {
    const view = await stage.api.must<View>('GET', path);
    expect(view.status, path).toMatchObject({ phase: 'ready', message: '' });
    return view;
  });
}

async function take(address: string): Promise<string> {
  const name = `taker${address.replaceAll('.', '')}`;
  const spec = { externalSubnet: 'ext-cloud', v4Ip: address, type: 'nat' };
  await stage.stranger.create(OvnEip, foreign(OvnEip, name, { spec }));
  await stage.simulator.knobs.settled();
  return name;
}

async function giveBack(name: string): Promise<void> {
  const object = await stage.stranger.get(OvnEip, ref(name));
  await stage.stranger.delete(OvnEip, ref(name), object?.metadata.uid ?? '');
}

describe('a cluster without a gateway node', () => {
  const label = (value: string | null) =>
    stage.stranger.mergePatch(Node, ref('n1'), {
      metadata: { labels: { 'ovn.kubernetes.io/external-gw': value } },
    });

  it('leaves a project without its connection, and says whose move it is', async () => {
    await label(null);
    const { id } = await createProject();
    await age('project', id, 4);
    const [condition, waiting_on] = ['ExternalConnected', 'platform'];
    await expectStuck(`/v1/projects/${id}`, {
      phase: 'provisioning',
      condition,
      reason: 'NoGatewayNode',
      waiting_on,
    });
    await label('true');
    await expectReady(`/v1/projects/${id}`);
  });
});

describe('an address that somebody has taken behind our back', () => {
  it('keeps an EIP from being ready; who it is learns the platform alone', async () => {
    const project = await createProject();
    await expectReady(`/v1/projects/${project.id}`);
    const taker = await take('100.65.3.200');
    const body = eipBody(project.id, { address: '100.65.3.200' });
    const { id } = await stage.api.must<EipView>('POST', '/v1/eips', { body });
    await age('eip', id, 4);
    const [phase, condition, reason, waiting_on] = [
      'provisioning',
      'AddressReady',
      'AddressTaken',
      'platform',
    ];
    const view = await expectStuck(`/v1/eips/${id}`, { phase, condition, reason, waiting_on });
    expect(conditionOf(view, condition).operator_detail).toBe(`OvnEip ${taker}`);
    const toOwner = await stage.api.call('GET', `/v1/eips/${id}`, { as: 'acme_owner' });
    expect(toOwner.text).toContain(reason);
    expect(toOwner.text).not.toContain(taker);
    await giveBack(taker);
    await expectReady(`/v1/eips/${id}`);
  });

  it('keeps a project from being connected, and its gateway address from being ready', async () => {
    const { rows } = await stage.database.owner.query<{ address: string }>(
      `select host(a.address) as address from ip_address a join external_network n on n.id = a.external_network_id
       where n.name = 'ext-cloud' and a.state = 'free' order by a.address limit 2`,
    );
    const takers = [];
    for (const { address } of rows) takers.push(await take(address));
    const { id, gateway_eip_id: gatewayId } = await createProject();
    await age('eip', gatewayId, 4);
    await age('project', id, 4);
    const stuck = { phase: 'provisioning', reason: 'AddressTaken', waiting_on: 'platform' };
    await expectStuck(`/v1/projects/${id}`, { ...stuck, condition: 'ExternalConnected' });
    await expectStuck(`/v1/projects/${id}`, { ...stuck, condition: 'GatewayEipReady' });
    const toOwner = await stage.api.call('GET', `/v1/projects/${id}`, { as: 'acme_owner' });
    for (const taker of takers) expect(toOwner.text).not.toContain(taker);
    for (const taker of takers) await giveBack(taker);
    await expectReady(`/v1/projects/${id}`);
  });
});

describe('a network controller that does not move', () => {
  it('is told of after the deadline and woken by a touch, and the project stays provisioning', async () => {
    stage.simulator.knobs.stopControllers();
    const { id } = await createProject();
    const path = `/v1/projects/${id}`;
    await expectStuck(path, {
      phase: 'provisioning',
      condition: 'VpcReady',
      reason: 'Creating',
      waiting_on: 'cluster',
    });
    await age('project', id, 120);
    await expectStuck(path, {
      phase: 'provisioning',
      condition: 'VpcReady',
      reason: 'VpcNotReady',
      waiting_on: 'platform',
    });
    const { items } = await stage.stranger.list(Vpc, { labelSelector: `netplane.io/project=${id}` });
    expect(Object.keys(items[0]?.metadata.annotations ?? {})).toEqual([
      'netplane.ovn.kubernetes.io/touched-at',
    ]);
    stage.simulator.knobs.startControllers();
    await expectReady(path);
  });
});

describe('a deletion that workloads hold up', () => {
  it('takes nothing of the network away before they are gone', async () => {
    const project = await createProject();
    const path = `/v1/projects/${project.id}`;
    await expectReady(path);
    const metadata = { name: 'stubborn', namespace: project.namespace, finalizers: ['example.com/stay'] };
    const spec = { containers: [{ name: 'c', image: 'i' }] };
    await stage.stranger.create(Pod, { apiVersion: 'v1', kind: 'Pod', metadata, spec });
    await stage.api.must('DELETE', path);
    const [condition, reason] = ['Deleted', 'NamespaceTerminating'];
    await expectStuck(path, { phase: 'deleting', condition, reason, waiting_on: 'cluster' });
    await stage.lookAgain();
    const labelSelector = `netplane.io/project=${project.id}`;
    expect((await stage.stranger.list(OvnSnatRule, { labelSelector })).items).toMatchObject([
      { status: { ready: true } },
    ]);
    const place = { namespace: project.namespace, name: 'stubborn' };
    await stage.stranger.mergePatch(Pod, place, { metadata: { finalizers: [] } });
    await stage.gone(path);
  });
});

describe('a cluster that fails now and then', () => {
  it('gets every object once, also where the answer to the first request was lost', async () => {
    const from = stage.journal.length;
    const { failNext } = stage.simulator.knobs;
    for (const kind of ['Vpc', 'Subnet', 'Namespace', 'OvnEip', 'OvnSnatRule']) {
      failNext({ verb: 'create', kind, dropConnection: 'after' });
      failNext({ verb: 'create', kind, status: 500 });
      failNext({ verb: 'get', kind, status: 503 });
      failNext({ verb: 'apply', kind, status: 409 });
    }
    const { id } = await createProject();
    await eventually(async () => {
      await stage.bringForward();
      expect((await stage.api.must<View>('GET', `/v1/projects/${id}`)).status.phase).toBe('ready');
    });
    forbidGuard();
    const made = stage.journal
      .slice(from)
      .filter(
        ({ type, object }) => type === 'added' && object.metadata.labels?.['netplane.io/project'] === id,
      )
      .map(({ kind }) => kind);
    expect(made.sort()).toEqual(['Namespace', 'OvnEip', 'OvnEip', 'OvnSnatRule', 'Subnet', 'Vpc']);
  });
});

describe('the guard of project namespaces', () => {
  const clusterPath = () => `/v1/clusters/${stage.world.clusterId}`;

  it('is reported missing where the worker may not install it, and holds nothing up', async () => {
    const { id } = await createProject();
    for (const path of [`/v1/projects/${id}`, clusterPath()]) {
      const view = await expectReady(path);
      expect(conditionOf(view, 'Guarded')).toMatchObject({
        status: 'false',
        reason: 'GuardNotAllowed',
        waiting_on: 'platform',
      });
    }
  });

  it('is reported in place once the worker may', async () => {
    const { id } = await createProject();
    stage.simulator.knobs.clearFaults();
    await stage.lookAgain();
    for (const path of [clusterPath(), `/v1/projects/${id}`]) {
      await eventually(async () => {
        const view = await stage.api.must<View>('GET', path);
        expect(conditionOf(view, 'Guarded')).toMatchObject({ status: 'true', reason: 'Guarded' });
      });
    }
  });
});
