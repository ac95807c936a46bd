import { type KubeObject, type KubeType, kubeTypes, watchedKinds } from '@netplane/k8s-adapter';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eipBody } from '../../support/builders/eip.builder.ts';
import { projectBody } from '../../support/builders/project.builder.ts';
import { conditionOf, eventually, foreign, ref, useClusterStage } from '../support/cluster-stage.ts';
import { differences } from '../support/ledger.ts';
import type { EipView, ProjectView, View } from '../support/views.ts';

const { Namespace, OvnEip, OvnSnatRule, Subnet, Vlan, Vpc } = kubeTypes;
const LOGICAL_SWITCH = 'ovn.kubernetes.io/logical_switch';
const stage = useClusterStage();

let project: ProjectView;
let eip: EipView;

beforeAll(async () => {
  project = await stage.api.must('POST', '/v1/projects', { body: projectBody(stage.world.acmeId) });
  eip = await stage.api.must('POST', '/v1/eips', { body: eipBody(project.id) });
  for (const path of [projectPath(), eipPath()]) {
    expect(await stage.settled(path)).toMatchObject({ status: { phase: 'ready' } });
  }
});

const projectPath = () => `/v1/projects/${project.id}`;
const eipPath = () => `/v1/eips/${eip.id}`;

/** The object of that kind that stands for the project and is not leaving. */
async function objectOf(type: KubeType, labels = ''): Promise<KubeObject> {
  const labelSelector = `netplane.io/project=${project.id}${labels}`;
  const { items } = await stage.stranger.list(type, { labelSelector });
  const [object] = items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  if (object === undefined) throw new Error(`no ${type.kind} stands for ${project.id}`);
  return object;
}

afterEach(() => {
  stage.simulator.knobs.clearFaults();
  stage.simulator.knobs.setControllerDelay(2);
});

async function expectReady(...paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await eventually(async () => {
      const { status } = await stage.api.must<View>('GET', path);
      expect(status, path).toMatchObject({ phase: 'ready', message: '' });
    });
  }
}

describe('an object that was changed by hand', () => {
  const changes = [
    ['loses its routes', Vpc, { spec: { staticRoutes: null, policyRoutes: null } }],
    ['is disconnected', Vpc, { spec: { enableExternal: false, extraExternalSubnets: null } }],
    ['hides its addresses behind the node', Subnet, { spec: { natOutgoing: true } }],
    [
      'is bound to the network of all',
      Namespace,
      { metadata: { annotations: { [LOGICAL_SWITCH]: 'ovn-default' } } },
    ],
    [
      'says to be of another subnet',
      Namespace,
      { metadata: { labels: { 'netplane.io/subnet': 'ovn-default' } } },
    ],
  ] as const;

  it.each(changes)('and %s is repaired', async (_, type, patch) => {
    const before = await objectOf(type);
    await stage.stranger.mergePatch(type, ref(before.metadata.name), patch);
    await eventually(async () => {
      const { metadata, spec } = await objectOf(type);
      expect(spec).toEqual(before.spec);
      expect(metadata).toMatchObject({
        labels: before.metadata.labels,
        ...(before.metadata.annotations === undefined ? {} : { annotations: before.metadata.annotations }),
      });
    });
    await expectReady(projectPath(), eipPath());
    expect((await objectOf(type)).metadata.uid).toBe(before.metadata.uid);
  });

  it('while nobody watched is repaired when the watch begins again', async () => {
    const before = await objectOf(Namespace);
    const { knobs, watches } = stage.simulator;
    await eventually(() => expect(watches.size).toBe(watchedKinds.length));
    knobs.expireWatches(watchedKinds.length);
    knobs.closeWatches();
    await stage.stranger.mergePatch(Namespace, ref(before.metadata.name), {
      metadata: { labels: { 'netplane.io/subnet': 'ovn-default' } },
    });
    await eventually(async () => {
      expect((await objectOf(Namespace)).metadata.labels).toEqual(before.metadata.labels);
    });
  });

  it('and hands out our addresses is repaired', async () => {
    const before = await stage.stranger.get(Subnet, ref('ext-cloud'));
    await stage.stranger.mergePatch(Subnet, ref('ext-cloud'), { spec: { excludeIps: ['100.65.0.1'] } });
    await eventually(async () => {
      expect((await stage.stranger.get(Subnet, ref('ext-cloud')))?.spec).toEqual(before?.spec);
    });
  });
});

describe('an object that was deleted by hand', () => {
  const gatewayAddress = async () =>
    (await stage.api.must<EipView>('GET', `/v1/eips/${project.gateway_eip_id}`)).address;
  const eipObject = async (address: string) => objectOf(OvnEip, `,ovn.kubernetes.io/eip_v4_ip=${address}`);
  const cases = [
    ['namespace', projectPath, 'NamespaceReady', () => objectOf(Namespace)],
    ['subnet', projectPath, 'SubnetReady', () => objectOf(Subnet)],
    ['rule of outbound traffic', projectPath, 'SnatReady', () => objectOf(OvnSnatRule)],
    ['gateway address', projectPath, 'GatewayEipReady', async () => eipObject(await gatewayAddress())],
    [
      'router port',
      projectPath,
      'ExternalConnected',
      () => objectOf(OvnEip, ',ovn.kubernetes.io/ovn_eip_type=lrp'),
    ],
    ['address', eipPath, 'AddressReady', () => eipObject(eip.address)],
  ] as const;

  it.each(cases)('is missed and made again: %s', async (_, path, condition, find) => {
    const before = await find();
    // slow enough to be seen: what the controllers do, and what a pass over the project looks up
    stage.simulator.knobs.setControllerDelay(100);
    stage.simulator.knobs.failNext({ verb: 'get', kind: 'Vpc', delayMs: 150, count: 1_000 });
    await stage.stranger.delete(kubeTypeOf(before), ref(before.metadata.name), before.metadata.uid ?? '');
    await eventually(async () => {
      const view = await stage.api.must<View>('GET', path());
      expect(conditionOf(view, condition)).toMatchObject({ reason: 'ObjectMissing' });
      expect(view.status.phase).toBe('degraded');
    });
    stage.simulator.knobs.clearFaults();
    stage.simulator.knobs.setControllerDelay(2);
    await expectReady(projectPath(), eipPath());
    expect((await find()).metadata.uid).not.toBe(before.metadata.uid);
    await expectWholeNetwork();
  });

  it('is missed and made again: vlan', async () => {
    const { items } = await stage.stranger.list(Vlan);
    for (const { metadata } of items)
      await stage.stranger.delete(Vlan, ref(metadata.name), metadata.uid ?? '');
    await eventually(async () => {
      const now = (await stage.stranger.list(Vlan)).items.map(({ metadata }) => metadata.name);
      expect(now.sort()).toEqual(items.map(({ metadata }) => metadata.name).sort());
    });
    await expectReady(`/v1/external-networks/${stage.world.cloudId}`, projectPath(), eipPath());
  });
});

describe('a router port that Kube-OVN has made where ours was missing', () => {
  it('goes again, and ours comes with the address that we have counted', async () => {
    const before = await objectOf(OvnEip, ',ovn.kubernetes.io/ovn_eip_type=lrp');
    const { name, uid = '' } = before.metadata;
    stage.simulator.knobs.stopControllers();
    await stage.stranger.delete(OvnEip, ref(name), uid);
    const spec = { externalSubnet: 'ext-cloud', v4Ip: '100.65.200.200', type: 'lrp' };
    await stage.stranger.create(OvnEip, { ...foreign(OvnEip, name, { spec }) });
    stage.simulator.knobs.startControllers();
    await stage.lookAgain();
    await eventually(async () => {
      expect((await stage.stranger.get(OvnEip, ref(name)))?.status).toMatchObject({
        v4Ip: before.spec?.v4Ip,
      });
    });
    await expectReady(projectPath(), eipPath());
  });
});

describe('a cluster that comes back empty', () => {
  it('is filled again, under the addresses that were given', async () => {
    stage.simulator.knobs.setControllerDelay(50);
    stage.simulator.knobs.loseObjects();
    await Promise.all(
      [projectPath(), eipPath(), `/v1/external-networks/${stage.world.cloudId}`].map((path) =>
        eventually(async () => {
          const view = await stage.api.must<View>('GET', path);
          expect(view.status.conditions.map(({ reason }) => reason)).toContain('ObjectMissing');
        }),
      ),
    );
    stage.simulator.knobs.setControllerDelay(2);
    await expectReady(
      ...[`/v1/external-networks/${stage.world.cloudId}`, `/v1/external-networks/${stage.world.publicId}`],
      ...[projectPath(), eipPath(), `/v1/eips/${project.gateway_eip_id}`],
    );
    await expectWholeNetwork();
    expect(await differences(stage.database)).toEqual([]);
  });
});

/** The rule goes out by the gateway address that is there, and the addresses are those that the API says. */
async function expectWholeNetwork(): Promise<void> {
  const rule = await objectOf(OvnSnatRule);
  const gateway = await stage.stranger.get(OvnEip, ref(String(rule.spec?.ovnEip)));
  const { address } = await stage.api.must<EipView>('GET', `/v1/eips/${project.gateway_eip_id}`);
  expect(rule.status).toMatchObject({ ready: true, v4Eip: address });
  expect(gateway?.status).toMatchObject({ ready: true, v4Ip: address });
  expect((await objectOf(OvnEip, `,ovn.kubernetes.io/eip_v4_ip=${eip.address}`)).status).toMatchObject({
    ready: true,
  });
}

function kubeTypeOf({ kind }: KubeObject): KubeType {
  const type = Object.values(kubeTypes).find((candidate) => candidate.kind === kind);
  if (type === undefined) throw new Error(`unknown kind ${kind}`);
  return type;
}
