import { KUBE_OVN_FINALIZER, kubeTypes } from '@netplane/k8s-adapter';
import { afterEach, describe, expect, it } from 'vitest';
import type { Change } from '../../../packages/k8s-adapter/src/simulator/store/history.ts';
import { eipBody } from '../../support/builders/eip.builder.ts';
import { projectBody } from '../../support/builders/project.builder.ts';
import { eventually, ref, useClusterStage } from '../support/cluster-stage.ts';
import type { EipView, ProjectView, View } from '../support/views.ts';

const stage = useClusterStage();

const LOGICAL_SWITCH = 'ovn.kubernetes.io/logical_switch';
const Pod = { apiVersion: 'v1', kind: 'Pod', plural: 'pods', namespaced: true } as const;

afterEach(() => stage.simulator.knobs.setControllerDelay(2));

async function createProject(): Promise<ProjectView> {
  const body = projectBody(stage.world.acmeId);
  return stage.api.must<ProjectView>('POST', '/v1/projects', { body });
}

async function createEip(project: View): Promise<EipView> {
  return stage.api.must<EipView>('POST', '/v1/eips', { body: eipBody(project.id) });
}

/** Its addresses are asked to go first, as the API wants it, and the project at once after them. */
async function removed(project: View, ...eips: readonly View[]): Promise<void> {
  for (const { id } of eips) await stage.api.must('DELETE', `/v1/eips/${id}`);
  await stage.api.must('DELETE', `/v1/projects/${project.id}`);
  await stage.gone(`/v1/projects/${project.id}`);
}

/** Changes of what carries the project's label. */
function changesOf(project: View): readonly Change[] {
  return stage.journal.filter(({ object }) => object.metadata.labels?.['netplane.io/project'] === project.id);
}

/** A tenant who creates a pod at every change of the cluster, until there are so many. */
function createPodsAtEveryChange(namespace: string, count: number) {
  let created = 0;
  const stop = stage.simulator.api.store.onChange(({ kind }) => {
    if (kind === 'Pod' || kind === 'IP' || created >= count) return;
    setImmediate(() => {
      const metadata = { name: `pod${stage.journal.length}x${created}`, namespace };
      const spec = { containers: [{ name: 'c', image: 'i' }] };
      stage.stranger.create(Pod, { apiVersion: 'v1', kind: 'Pod', metadata, spec }).then(
        () => {
          created += 1;
        },
        () => {}, // no such namespace, not yet or not any more
      );
    });
  });
  return {
    stop,
    get created() {
      return created;
    },
  };
}

/** Every Subnet that a pod of the namespace was ever put into. */
function subnetsOfPods(namespace: string): readonly string[] {
  const switches = stage.journal
    .filter(({ kind, object }) => kind === 'Pod' && object.metadata.namespace === namespace)
    .flatMap(({ object }) => object.metadata.annotations?.[LOGICAL_SWITCH] ?? []);
  return [...new Set(switches)];
}

function stateOf(change: Change): string {
  const { type } = change.object.spec ?? {};
  return change.kind === 'OvnEip' ? `OvnEip ${String(type)}` : change.kind;
}

describe('while pods are created without a pause', () => {
  it('none ever lands outside the network of its project, from creation to deletion', async () => {
    const project = await createProject();
    const early = createPodsAtEveryChange(project.namespace, 20);
    expect(await stage.settled(`/v1/projects/${project.id}`)).toMatchObject({ status: { phase: 'ready' } });
    await eventually(() => expect(early.created).toBeGreaterThanOrEqual(1));
    early.stop();
    await stage.simulator.knobs.settled();
    const [subnet] = changesOf(project).filter(({ kind }) => kind === 'Subnet');
    expect(subnetsOfPods(project.namespace)).toEqual([subnet?.object.metadata.name]);

    const late = createPodsAtEveryChange(project.namespace, 20);
    const eip = await createEip(project);
    await eventually(() => expect(late.created).toBeGreaterThanOrEqual(1));
    await removed(project, eip);
    late.stop();
    expect(subnetsOfPods(project.namespace)).toEqual([subnet?.object.metadata.name]);
    expect(await stage.stranger.list(Pod, { namespace: project.namespace })).toMatchObject({ items: [] });
  });
});

describe('creation', () => {
  it('makes the namespace only when its subnet is ready, and bound to it from its first moment', async () => {
    stage.simulator.knobs.setControllerDelay(30);
    const project = await createProject();
    await stage.settled(`/v1/projects/${project.id}`);
    const changes = changesOf(project);
    const namespaceAt = changes.findIndex(({ kind }) => kind === 'Namespace');
    const subnet = changes.slice(0, namespaceAt).findLast(({ kind }) => kind === 'Subnet');
    expect(subnet?.object.status?.conditions).toContainEqual(
      expect.objectContaining({ type: 'Ready', status: 'True' }),
    );
    expect(changes[namespaceAt]?.object.metadata.annotations).toMatchObject({
      [LOGICAL_SWITCH]: subnet?.object.metadata.name,
    });
  });

  it('makes the rule of outbound traffic only when its address is ready', async () => {
    stage.simulator.knobs.setControllerDelay(30);
    const project = await createProject();
    await stage.settled(`/v1/projects/${project.id}`);
    const changes = changesOf(project);
    const ruleAt = changes.findIndex(({ kind }) => kind === 'OvnSnatRule');
    const eipName = changes[ruleAt]?.object.spec?.ovnEip;
    const eip = changes.slice(0, ruleAt).findLast(({ object }) => object.metadata.name === eipName);
    expect(eip?.object.status).toMatchObject({ ready: true });
  });
});

describe('deletion', () => {
  it('lets go of namespace, rule, address, subnet, router port and router, one after the other', async () => {
    const project = await createProject();
    await stage.settled(`/v1/projects/${project.id}`);
    await removed(project);
    const gone = changesOf(project).filter(({ type }) => type === 'deleted');
    expect(gone.map(stateOf)).toEqual([
      ...['Namespace', 'OvnSnatRule', 'OvnEip nat', 'Subnet', 'OvnEip lrp', 'Vpc'],
    ]);
  });

  it('keeps the subnet until the last address is gone', async () => {
    const project = await createProject();
    const eip = await createEip(project);
    await stage.settled(`/v1/eips/${eip.id}`);
    await stage.settled(`/v1/projects/${project.id}`);
    const name = changesOf(project).find(({ object }) => object.spec?.v4Ip === eip.address)?.object.metadata
      .name;
    const hold = (...finalizers: string[]) =>
      stage.stranger.mergePatch(kubeTypes.OvnEip, ref(name ?? ''), { metadata: { finalizers } });
    await hold(KUBE_OVN_FINALIZER, 'example.com/still-in-use');
    const deletion = removed(project, eip);
    await eventually(() => {
      const rule = changesOf(project).findLast(({ kind }) => kind === 'OvnSnatRule');
      expect(rule?.type).toBe('deleted');
    });
    await stage.bringForward();
    await hold();
    await deletion;
    const changes = changesOf(project);
    const eipGoneAt = changes.findIndex(
      ({ type, object }) => type === 'deleted' && object.metadata.name === name,
    );
    const subnetLeavesAt = changes.findIndex(
      ({ kind, object }) => kind === 'Subnet' && object.metadata.deletionTimestamp !== undefined,
    );
    expect(eipGoneAt).toBeGreaterThan(0);
    expect(subnetLeavesAt).toBeGreaterThan(eipGoneAt);
  });

  it('disconnects the router before it goes', async () => {
    const project = await createProject();
    await stage.settled(`/v1/projects/${project.id}`);
    await removed(project);
    const last = changesOf(project).findLast(({ kind }) => kind === 'Vpc');
    expect(last).toMatchObject({
      type: 'deleted',
      object: { spec: { enableExternal: false }, status: { enableExternal: false } },
    });
  });

  it('begins on an address or a rule only when the controller holds it', async () => {
    stage.simulator.knobs.setControllerDelay(60);
    const project = await createProject();
    const eip = await createEip(project);
    await eventually(() => expect(changesOf(project).map(stateOf)).toContain('OvnEip nat'));
    await removed(project, eip);
    const gone = changesOf(project).filter(
      ({ type, kind, object }) => type === 'deleted' && /^Ovn/.test(kind) && object.spec?.type !== 'lrp',
    );
    expect(gone.length).toBeGreaterThanOrEqual(1);
    for (const { kind, object } of gone) {
      const held = stage.journal.filter(
        (change) =>
          change.object.metadata.uid === object.metadata.uid &&
          change.object.metadata.deletionTimestamp === undefined &&
          (change.object.metadata.finalizers ?? []).includes(KUBE_OVN_FINALIZER),
      );
      expect(held, `${kind} ${object.metadata.name} was deleted before it was held`).not.toEqual([]);
    }
  });

  it('keeps an address while the rule for it is just being made', async () => {
    const body = projectBody(stage.world.acmeId);
    const lookup = { verb: 'get', kind: 'Namespace', name: `acme-${body.name}` } as const;
    stage.simulator.knobs.failNext({ ...lookup, delayMs: 150, count: 1_000 });
    const project = await stage.api.must<ProjectView>('POST', '/v1/projects', { body });
    const passes = await eventually(() => {
      expect(changesOf(project).map(({ kind }) => kind)).toContain('Subnet');
      return stage.simulator.ledger.count('get', 'Namespace');
    });
    await eventually(() => expect(stage.simulator.ledger.count('get', 'Namespace')).toBeGreaterThan(passes));
    await removed(project); // in the middle of the pass that makes the rule
    stage.simulator.knobs.clearFaults();
    const gone = changesOf(project).filter(({ type }) => type === 'deleted');
    expect(gone.map(stateOf).filter((state) => /nat|Snat/.test(state))).toEqual([
      'OvnSnatRule',
      'OvnEip nat',
    ]);
  });

  it('of a project under way leaves nothing behind', async () => {
    stage.simulator.knobs.setControllerDelay(20);
    const project = await createProject();
    await eventually(() => expect(changesOf(project).map(({ kind }) => kind)).toContain('Subnet'));
    await removed(project);
    const left = new Map(changesOf(project).map((change) => [change.object.metadata.uid, change.type]));
    expect([...left.values()].filter((type) => type !== 'deleted')).toEqual([]);
  });
});

describe('names of objects that the cluster looks at once', () => {
  it('are never used twice', async () => {
    const project = await createProject();
    const eip = await createEip(project);
    await stage.settled(`/v1/eips/${eip.id}`);
    const nameOf = () =>
      changesOf(project).findLast(
        ({ kind, object }) => kind === 'OvnEip' && object.spec?.v4Ip === eip.address,
      )?.object.metadata;
    const first = nameOf();
    await stage.stranger.delete(kubeTypes.OvnEip, ref(first?.name ?? ''), first?.uid ?? '');
    await eventually(() => expect(nameOf()?.name).not.toBe(first?.name));
    await removed(project, eip);
    const made = stage.journal
      .filter(
        ({ type, kind, object }) => type === 'added' && /^Ovn/.test(kind) && object.spec?.type !== 'lrp',
      )
      .map(({ kind, object }) => `${kind} ${object.metadata.name}`);
    expect(made.length).toBeGreaterThan(10);
    expect(made).toEqual([...new Set(made)]);
  });
});
