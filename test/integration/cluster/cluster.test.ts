import { mayDisrupt } from '@netplane/db';
import type { ClusterId } from '@netplane/domain';
import { describe, expect, it } from 'vitest';
import { clusterBody } from '../../support/builders/cluster.builder.ts';
import { externalNetworkBody } from '../../support/builders/external-network.builder.ts';
import { projectBody } from '../../support/builders/project.builder.ts';
import { uuidOf } from '../support/ledger.ts';
import { expectRefusal, unknownId } from '../support/refusals.ts';
import { useStage } from '../support/stage.ts';
import type { Page, ProjectView, View } from '../support/views.ts';
import { useWorker } from '../support/worker.ts';

const stage = useStage({
  environment: { DEFAULT_CLUSTER_MODE: 'observe', RESERVED_CIDRS: '10.100.0.0/16=management pods' },
});
const worker = useWorker(stage);

interface ClusterView extends View {
  readonly mode: string;
  readonly kube_system_uid: string | null;
  readonly seen_kube_system_uid: string | null;
  readonly held_disruptions: number;
}

async function create(body: object = clusterBody()): Promise<ClusterView> {
  return stage.api.must<ClusterView>('POST', '/v1/clusters', { body });
}

/** What only a worker writes. */
async function learn(name: string, columns: string): Promise<void> {
  await stage.database.owner.query(`update cluster set ${columns} where name = $1`, [name]);
}

describe('creating a cluster', () => {
  it('answers what was sent beside what the settings decide', async () => {
    const body = clusterBody({ mode: 'manage', labels: { site: 'berlin' } });
    const created = await stage.api.call<ClusterView>('POST', '/v1/clusters', { body });
    expect(created.status).toBe(201);
    expect(created.headers.get('location')).toBe(`/v1/clusters/${created.body.id}`);
    expect(created.body).toEqual({
      ...body,
      id: expect.stringMatching(/^cluster_/),
      capabilities: [],
      kube_system_uid: null,
      seen_kube_system_uid: null,
      project_cidr_pool: '10.0.0.0/8',
      project_cidr_prefix: 22,
      reserved_cidrs: [{ cidr: '10.100.0.0/16', reserved_by: 'management pods' }],
      held_disruptions: 0,
      revision: 1,
      created_at: expect.any(String),
      updated_at: created.body.created_at,
      status: {
        phase: 'pending',
        conditions: [],
        revision: 1,
        observed_revision: 0,
        updated_at: expect.any(String),
        next_try_at: null,
        message: '',
      },
    });
    expect((await stage.api.call('GET', `/v1/clusters/${created.body.id}`)).text).toBe(created.text);
  });

  it('takes the mode of the settings where none is sent', async () => {
    expect(await create()).toMatchObject({ mode: 'observe', labels: {} });
  });

  it('refuses a name that is taken and names who has it', async () => {
    const { id, name } = await create();
    const refused = await stage.api.call('POST', '/v1/clusters', { body: { name } });
    const holder = { kind: 'cluster', id };
    expectRefusal(refused, { status: 409, code: 'name_taken', pointer: '/name', holder });
  });

  it('refuses a mode that it does not know', async () => {
    const body = { ...clusterBody(), mode: 'destroy' };
    const refused = await stage.api.call('POST', '/v1/clusters', { body });
    expectRefusal(refused, { status: 400, code: 'invalid_request' });
  });

  it('is for platform administrators only', async () => {
    const refused = await stage.api.call('POST', '/v1/clusters', { as: 'acme_owner', body: clusterBody() });
    expectRefusal(refused, { status: 403, code: 'forbidden', params: { operation: 'cluster.create' } });
  });
});

describe('reading clusters', () => {
  it('shows members id, name and capabilities and nothing else', async () => {
    const { clusterId } = stage.world;
    for (const as of ['acme_owner', 'acme_developer', 'acme_viewer', 'other_owner']) {
      const one = await stage.api.must('GET', `/v1/clusters/${clusterId}`, { as });
      expect(one).toEqual({ id: clusterId, name: 'local', capabilities: [] });
      const page = await stage.api.must<Page>('GET', '/v1/clusters', { as });
      for (const item of page.items) expect(Object.keys(item)).toEqual(['id', 'name', 'capabilities']);
    }
  });

  it('filters by id, name, prefix, labels, phase and time of change', async () => {
    const one = await create(clusterBody({ name: 'filter-one', labels: { colour: 'red' } }));
    const two = await create(clusterBody({ name: 'filter-two' }));
    await worker.report('cluster', two.id, 'ready');
    const idsOf = async (query: string) =>
      (await stage.api.must<Page>('GET', `/v1/clusters?${query}`)).items.map((item) => item.id);
    expect(await idsOf(`id=${one.id}&id=${two.id}&sort=name`)).toEqual([one.id, two.id]);
    expect(await idsOf('name=filter-one')).toEqual([one.id]);
    expect(await idsOf('q=filter-')).toEqual([two.id, one.id]);
    expect(await idsOf('labels=colour%3Dred')).toEqual([one.id]);
    expect(await idsOf('q=filter-&phase=ready')).toEqual([two.id]);
    expect(await idsOf(`q=filter-&updated_after=${one.updated_at}`)).toEqual([two.id]);
  });
});

describe('changing a cluster', () => {
  it('merges mode and labels', async () => {
    const made = await create(clusterBody({ mode: 'observe', labels: { a: '1' } }));
    const path = `/v1/clusters/${made.id}`;
    const changed = await stage.api.must<ClusterView>('PATCH', path, {
      body: { mode: 'manage', labels: { b: '2' } },
    });
    expect(changed).toMatchObject({ mode: 'manage', labels: { a: '1', b: '2' }, revision: 2 });
    const cleared = await stage.api.must<ClusterView>('PATCH', path, { body: { labels: null } });
    expect(cleared).toMatchObject({ mode: 'manage', labels: {}, revision: 3 });
    expect(await stage.api.must('PATCH', path, { body: {} })).toEqual(cleared);
  });

  it('accepts another identity only when it is the one that was seen', async () => {
    const made = await create();
    const path = `/v1/clusters/${made.id}`;
    await learn(made.name, `kube_system_uid = 'first', seen_kube_system_uid = 'second'`);
    const invented = await stage.api.call('PATCH', path, { body: { kube_system_uid: 'third' } });
    expectRefusal(invented, { status: 422, code: 'validation_failed', pointer: '/kube_system_uid' });
    const accepted = await stage.api.must('PATCH', path, { body: { kube_system_uid: 'second' } });
    expect(accepted).toMatchObject({ kube_system_uid: 'second', seen_kube_system_uid: null, revision: 2 });
  });

  it('confirms held changes with 0 and nothing else', async () => {
    const made = await create();
    const path = `/v1/clusters/${made.id}`;
    await learn(made.name, 'held_disruptions = 30, unasked_disruptions = 20');
    const wrong = await stage.api.call('PATCH', path, { body: { held_disruptions: 5 } });
    expectRefusal(wrong, { status: 400, code: 'invalid_request', pointer: '/held_disruptions' });
    const confirmed = await stage.api.must('PATCH', path, { body: { held_disruptions: 0 } });
    expect(confirmed).toMatchObject({ held_disruptions: 0 });
    const counted = await stage.database.owner.query(
      'select unasked_disruptions from cluster where name = $1',
      [made.name],
    );
    expect(counted.rows).toEqual([{ unasked_disruptions: 0 }]);
  });

  it('begins the count anew with 0 while nothing is held, and with nothing else', async () => {
    const made = await create();
    const path = `/v1/clusters/${made.id}`;
    await learn(made.name, 'unasked_disruptions = 20, unasked_since = clock_timestamp()');
    const counted = async () => {
      const read = 'select unasked_disruptions, unasked_since is null as is_new from cluster where name = $1';
      return (await stage.database.owner.query(read, [made.name])).rows;
    };
    await stage.api.must('PATCH', path, { body: { labels: { a: 'b' } } });
    expect(await counted()).toEqual([{ unasked_disruptions: 20, is_new: false }]);
    await stage.api.must('PATCH', path, { body: { held_disruptions: 0 } });
    expect(await counted()).toEqual([{ unasked_disruptions: 0, is_new: true }]);
  });

  it('is for platform administrators only', async () => {
    const path = `/v1/clusters/${stage.world.clusterId}`;
    const refused = await stage.api.call('PATCH', path, { as: 'acme_owner', body: { mode: 'observe' } });
    expectRefusal(refused, { status: 403, code: 'forbidden' });
  });
});

describe('the reserved CIDRs of a cluster', () => {
  it('are shown once each, the configured name first', async () => {
    const { id, name } = await create();
    const surveyed = [
      { cidr: '10.1.0.0/16', reserved_by: 'another network of the cluster' },
      { cidr: '10.100.0.0/16', reserved_by: 'subnet ovn-default' },
      { cidr: '10.1.0.0/16', reserved_by: 'another network of the cluster' },
    ];
    await learn(name, `surveyed_reserved_cidrs = '${JSON.stringify(surveyed)}'`);
    expect(await stage.api.must('GET', `/v1/clusters/${id}`)).toMatchObject({
      reserved_cidrs: [
        { cidr: '10.100.0.0/16', reserved_by: 'management pods, subnet ovn-default' },
        { cidr: '10.1.0.0/16', reserved_by: 'another network of the cluster' },
      ],
    });
  });
});

describe('changes of a cluster that nobody asked for', () => {
  it('are counted by the hour', async () => {
    const { id, name } = await create();
    const may = (count: number) =>
      mayDisrupt(stage.database.owner, uuidOf('cluster', id) as ClusterId, count, 2);
    expect([await may(1), await may(1)]).toEqual([true, true]);
    await learn(name, `unasked_since = clock_timestamp() - interval '61 minutes'`);
    expect([await may(2), await may(1)]).toEqual([true, false]);
    expect(await stage.api.must('GET', `/v1/clusters/${id}`)).toMatchObject({ held_disruptions: 1 });
    await learn(name, `unasked_since = clock_timestamp() - interval '61 minutes'`);
    expect(await may(1), 'what is held waits for its confirmation, however long').toBe(false);
  });
});

describe('deleting a cluster', () => {
  it('is done at once where no worker ever reached it', async () => {
    const { id } = await create();
    expect((await stage.api.call('DELETE', `/v1/clusters/${id}`)).status).toBe(204);
    expectRefusal(await stage.api.call('GET', `/v1/clusters/${id}`), { status: 404, code: 'not_found' });
  });

  it('reads deleting until its worker has let go, also when asked again', async () => {
    const { id, name } = await create();
    await learn(name, `kube_system_uid = 'a'`);
    const path = `/v1/clusters/${id}`;
    for (const _ of ['first', 'again']) {
      const answer = await stage.api.call<View>('DELETE', path);
      expect([answer.status, answer.body.status.phase]).toEqual([202, 'deleting']);
    }
    const changed = await stage.api.call('PATCH', path, { body: { labels: { a: 'b' } } });
    expectRefusal(changed, { status: 409, code: 'being_deleted' });
    await worker.finish('cluster', id);
    expectRefusal(await stage.api.call('GET', path), { status: 404, code: 'not_found' });
  });

  it('is refused while it has an external network, and says which', async () => {
    const { id } = await create();
    const network = externalNetworkBody(id, '100.96.0.0/24');
    const { id: networkId } = await stage.api.must<View>('POST', '/v1/external-networks', { body: network });
    const refused = await stage.api.call('DELETE', `/v1/clusters/${id}`);
    const holder = { kind: 'external-network', id: networkId };
    expectRefusal(refused, { status: 409, code: 'has_dependents', holder });
  });

  it('is not held up by a network that is itself being deleted', async () => {
    const { id, name } = await create();
    await learn(name, `kube_system_uid = 'a'`);
    const network = externalNetworkBody(id, '100.96.1.0/24');
    const made = await stage.api.must<View>('POST', '/v1/external-networks', { body: network });
    await stage.api.must('DELETE', `/v1/external-networks/${made.id}`);
    expect((await stage.api.call('DELETE', `/v1/clusters/${id}`)).status).toBe(202);
  });

  it('refuses a project on a cluster that is being deleted', async () => {
    const { id, name } = await create();
    await learn(name, `kube_system_uid = 'a'`);
    await stage.api.must('DELETE', `/v1/clusters/${id}`);
    const body = projectBody(stage.world.acmeId, { cluster_id: id });
    const refused = await stage.api.call<ProjectView>('POST', '/v1/projects', { body });
    expectRefusal(refused, { status: 409, code: 'being_deleted', pointer: '/cluster_id' });
  });

  it('is for platform administrators only', async () => {
    const path = `/v1/clusters/${stage.world.clusterId}`;
    const refused = await stage.api.call('DELETE', path, { as: 'acme_owner' });
    expectRefusal(refused, { status: 403, code: 'forbidden' });
    const unknown = await stage.api.call('DELETE', `/v1/clusters/${unknownId('cluster')}`);
    expectRefusal(unknown, { status: 404, code: 'not_found' });
  });
});
