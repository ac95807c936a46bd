import { describe, expect, it } from 'vitest';
import { eipBody } from '../../support/builders/eip.builder.ts';
import { externalNetworkBody } from '../../support/builders/external-network.builder.ts';
import { projectBody } from '../../support/builders/project.builder.ts';
import { quotaBody } from '../../support/builders/quota.builder.ts';
import { createLoadedRange } from '../../support/world.ts';
import { addressState, differences, eventsOf, intervalsOf } from '../support/ledger.ts';
import { expectRefusal } from '../support/refusals.ts';
import { roomyQuotas, useStage } from '../support/stage.ts';
import type { EipView, Page, ProjectView, QuotaView, View } from '../support/views.ts';
import { useWorker } from '../support/worker.ts';

const stage = useStage({ environment: roomyQuotas });
const worker = useWorker(stage);
const path = '/v1/eips';

/** A network with exactly these addresses, `.10` and up. */
async function networkWith(block: string, count: number): Promise<string> {
  const body = externalNetworkBody(stage.world.clusterId, `${block}.0/24`);
  const { id } = await stage.api.must<View>('POST', '/v1/external-networks', { body });
  const span = { first: `${block}.10`, last: `${block}.${9 + count}` };
  await createLoadedRange(stage.api, stage.database, id, span);
  return id;
}

async function newProject(organizationId: string): Promise<ProjectView> {
  return stage.api.must<ProjectView>('POST', '/v1/projects', { body: projectBody(organizationId) });
}

async function twoProjects(): Promise<readonly [ProjectView, ProjectView]> {
  return Promise.all([newProject(stage.world.acmeId), newProject(stage.world.otherId)]);
}

async function create(projectId: string, changes: object): Promise<EipView> {
  return stage.api.must<EipView>('POST', path, { body: eipBody(projectId, changes) });
}

async function end(eip: EipView): Promise<void> {
  await stage.api.must('DELETE', `${path}/${eip.id}`);
  await worker.finish('eip', eip.id);
}

describe('an address by name', () => {
  it('is refused while another EIP holds it, who is named only to those who may read it', async () => {
    const [acme, other] = await twoProjects();
    const network = await networkWith('100.96.0', 4);
    const held = await create(acme.id, { network, address: '100.96.0.12' });
    const wanted = { network, address: '100.96.0.12' };
    const params = { address: '100.96.0.12' };
    const refusal = { status: 409, code: 'address_in_use', pointer: '/address', params };
    const own = await stage.api.call('POST', path, { as: 'acme_owner', body: eipBody(acme.id, wanted) });
    expectRefusal(own, { ...refusal, holder: { kind: 'eip', id: held.id } });
    const foreign = await stage.api.call('POST', path, {
      as: 'other_owner',
      body: eipBody(other.id, wanted),
    });
    expectRefusal(foreign, { ...refusal, holder: null });
    expect(foreign.text).not.toContain('acme');
  });

  it('names no EIP that holds the same address of another network', async () => {
    const cluster = await stage.api.must<View>('POST', '/v1/clusters', { body: { name: 'second' } });
    const body = externalNetworkBody(cluster.id, '100.65.0.0/16');
    const { id: twin } = await stage.api.must<View>('POST', '/v1/external-networks', { body });
    const span = { first: '100.65.2.1', last: '100.65.2.20' };
    await createLoadedRange(stage.api, stage.database, twin, span);
    const [acme] = await twoProjects();
    await create(acme.id, { network: 'cloud', address: '100.65.2.10' });
    const [acmeThere, otherThere] = await Promise.all(
      [stage.world.acmeId, stage.world.otherId].map((id) =>
        stage.api.must<ProjectView>('POST', '/v1/projects', {
          body: projectBody(id, { cluster_id: cluster.id }),
        }),
      ),
    );
    await create(otherThere?.id ?? '', { address: '100.65.2.10' });
    const wanted = eipBody(acmeThere?.id ?? '', { address: '100.65.2.10' });
    const refused = await stage.api.call('POST', path, { as: 'acme_owner', body: wanted });
    expectRefusal(refused, { status: 409, code: 'address_in_use', pointer: '/address', holder: null });
  });

  it('is refused where it is in no range of the network', async () => {
    const [acme] = await twoProjects();
    const network = await networkWith('100.96.1', 4);
    for (const address of ['100.96.1.1', '100.96.1.9', '100.96.1.14', '10.0.0.1']) {
      const refused = await stage.api.call('POST', path, { body: eipBody(acme.id, { network, address }) });
      const params = { address };
      expectRefusal(refused, { status: 422, code: 'address_out_of_range', pointer: '/address', params });
    }
  });
});

describe('an exhausted pool', () => {
  it('says so with its network, takes nothing, and shows members that nothing is free', async () => {
    const [acme] = await twoProjects();
    const network = await networkWith('100.97.0', 2);
    await create(acme.id, { network });
    await create(acme.id, { network });
    const refused = await stage.api.call('POST', path, {
      as: 'acme_owner',
      body: eipBody(acme.id, { network }),
    });
    const params = { network_id: network, available: 0, requested: 1 };
    expectRefusal(refused, { status: 409, code: 'pool_exhausted', params });
    const summary = await stage.api.must('GET', `/v1/external-networks/${network}`, { as: 'acme_viewer' });
    expect(summary).toMatchObject({ has_free: false });
    expect(await differences(stage.database)).toEqual([]);
  });
});

describe('an address in quarantine that is the last one', () => {
  it('can be had by its own organization, and shows so to its members only', async () => {
    const [acme] = await twoProjects();
    const network = await networkWith('100.97.1', 1);
    await end(await create(acme.id, { network }));
    const shown = async (as: 'acme_viewer' | 'other_owner') =>
      (await stage.api.must<{ has_free: boolean }>('GET', `/v1/external-networks/${network}`, { as }))
        .has_free;
    expect([await shown('acme_viewer'), await shown('other_owner')]).toEqual([true, false]);
    await create(acme.id, { network });
    expect(await shown('acme_viewer')).toBe(false);
  });
});

describe('a limit', () => {
  it('of the organization refuses with its numbers, and the refused create leaves no trace', async () => {
    const [acme] = await twoProjects();
    const filter = `organization_id=${stage.world.acmeId}&network_type=public`;
    const { items } = await stage.api.must<Page<QuotaView>>('GET', `/v1/quotas?${filter}`);
    const [quota] = items;
    await stage.api.must('PATCH', `/v1/quotas/${quota?.id}`, { body: { limit: (quota?.used ?? 0) + 1 } });
    await create(acme.id, { network: 'public' });
    const body = eipBody(acme.id, { network: 'public' });
    const refused = await stage.api.call('POST', path, { as: 'acme_owner', body });
    const limit = (quota?.used ?? 0) + 1;
    const key = { resource: 'eips', network_type: 'public', family: 'ipv4' };
    const params = { ...key, scope: 'organization', limit, used: limit, requested: 1 };
    expectRefusal(refused, { status: 409, code: 'quota_exceeded', params });
    const named = await stage.api.must<Page>('GET', `${path}?name=${body.name}`);
    expect(named.items).toEqual([]);
    expect(await differences(stage.database)).toEqual([]);
  });

  it('of the project refuses with its numbers before the organization’s is reached', async () => {
    const [acme] = await twoProjects();
    const body = quotaBody(stage.world.acmeId, { project_id: acme.id, limit: 2 });
    await stage.api.must('POST', '/v1/quotas', { body });
    await create(acme.id, { network: 'cloud' });
    const refused = await stage.api.call('POST', path, { body: eipBody(acme.id, { network: 'cloud' }) });
    const key = { resource: 'eips', network_type: 'cloud', family: 'ipv4' };
    const params = { ...key, scope: 'project', limit: 2, used: 2, requested: 1 };
    expectRefusal(refused, { status: 409, code: 'quota_exceeded', params });
    expect(await differences(stage.database)).toEqual([]);
  });
});

describe('a deleted EIP', () => {
  it('reads deleting, keeps address and name until the cluster has let go, then is gone', async () => {
    const [acme] = await twoProjects();
    const network = await networkWith('100.98.0', 3);
    const eip = await create(acme.id, { network, address: '100.98.0.10' });
    for (const _ of ['first', 'again']) {
      const answer = await stage.api.call<EipView>('DELETE', `${path}/${eip.id}`, { as: 'acme_developer' });
      expect([answer.status, answer.body.status.phase]).toEqual([202, 'deleting']);
    }
    expect(await addressState(stage.database, network, '100.98.0.10')).toBe('releasing');
    const changed = await stage.api.call('PATCH', `${path}/${eip.id}`, { body: { labels: { a: 'b' } } });
    expectRefusal(changed, { status: 409, code: 'being_deleted' });
    const sameName = await stage.api.call('POST', path, { body: eipBody(acme.id, { name: eip.name }) });
    expectRefusal(sameName, { status: 409, code: 'name_taken' });
    const wanted = eipBody(acme.id, { network, address: '100.98.0.10' });
    const early = await stage.api.call('POST', path, { body: wanted });
    expectRefusal(early, { status: 409, code: 'address_in_use' });
    await worker.finish('eip', eip.id);
    expectRefusal(await stage.api.call('GET', `${path}/${eip.id}`), { status: 404, code: 'not_found' });
    expect(await eventsOf(stage.database, 'eip', eip.id)).toEqual(['created', 'deleting', 'deleted']);
    await create(acme.id, { name: eip.name });
  });

  it('leaves its address in quarantine for all but its organization, which gets it first', async () => {
    const [acme, other] = await twoProjects();
    const network = await networkWith('100.98.1', 3);
    await create(acme.id, { network, address: '100.98.1.10' });
    const eip = await create(acme.id, { network, address: '100.98.1.12' });
    await end(eip);
    expect(await addressState(stage.database, network, eip.address)).toBe('quarantined');
    const wanted = { network, address: eip.address };
    const foreign = await stage.api.call('POST', path, {
      as: 'other_owner',
      body: eipBody(other.id, wanted),
    });
    expectRefusal(foreign, { status: 409, code: 'address_in_use', holder: null });
    const automatic = await create(acme.id, { network });
    expect(automatic.address).toBe(eip.address);
    await end(automatic);
    expect((await create(acme.id, wanted)).address).toBe(eip.address);
    expect(await differences(stage.database)).toEqual([]);
  });

  it('gives its address to anybody after the quarantine', async () => {
    const [acme, other] = await twoProjects();
    const network = await networkWith('100.98.2', 1);
    const eip = await create(acme.id, { network });
    await end(eip);
    const early = await stage.api.call('POST', path, { body: eipBody(other.id, { network }) });
    expectRefusal(early, { status: 409, code: 'pool_exhausted' });
    await worker.endQuarantine(network);
    expect((await create(other.id, { network })).address).toBe(eip.address);
  });
});

describe('the usage of an EIP', () => {
  it('begins idle at the create and ends at the DELETE, as never provisioned where it never was', async () => {
    const [acme] = await twoProjects();
    const eip = await create(acme.id, { labels: { a: '1' } });
    const created = { state: 'idle', purpose: 'general', labels: { a: '1' }, start_reason: 'created' };
    expect(await intervalsOf(stage.database, eip.id)).toMatchObject([
      { ...created, ended_at: null, end_reason: null },
    ]);
    await stage.api.must('DELETE', `${path}/${eip.id}`);
    const closed = { ...created, ended_at: expect.any(String), end_reason: 'never_provisioned' };
    const before = await intervalsOf(stage.database, eip.id);
    expect(before).toMatchObject([closed]);
    await stage.api.must('DELETE', `${path}/${eip.id}`);
    await worker.finish('eip', eip.id);
    expect(await intervalsOf(stage.database, eip.id)).toEqual(before);
  });

  it('says deleted where the cluster had confirmed the EIP', async () => {
    const [acme] = await twoProjects();
    const eip = await create(acme.id, {});
    await worker.report('eip', eip.id, 'ready');
    await end(eip);
    expect(await intervalsOf(stage.database, eip.id)).toMatchObject([{ end_reason: 'deleted' }]);
  });

  it('continues without a gap where labels change, and not at all where only the name does', async () => {
    const [acme] = await twoProjects();
    const eip = await create(acme.id, { labels: { a: '1' } });
    await stage.api.must('PATCH', `${path}/${eip.id}`, { body: { name: `${eip.name}-2` } });
    expect(await intervalsOf(stage.database, eip.id)).toHaveLength(1);
    await stage.api.must('PATCH', `${path}/${eip.id}`, { body: { labels: { a: '2' } } });
    const [first, second, ...more] = await intervalsOf(stage.database, eip.id);
    expect(first).toMatchObject({ labels: { a: '1' }, end_reason: 'labels_changed' });
    expect(second).toMatchObject({ labels: { a: '2' }, start_reason: 'labels_changed', ended_at: null });
    expect(second?.started_at).toBe(first?.ended_at);
    expect(more).toEqual([]);
  });

  it('cannot be rewritten, not even by a superuser', async () => {
    const [acme] = await twoProjects();
    await create(acme.id, {});
    const { owner } = stage.database;
    for (const statement of [
      `update usage_interval set labels = '{"free": "yes"}'`,
      `update usage_interval set ended_at = started_at, end_reason = 'x', state = 'attached' where ended_at is null`,
      'delete from usage_interval',
      'truncate usage_interval',
    ]) {
      await expect(owner.query(statement)).rejects.toMatchObject({ code: 'NP001' });
    }
  });
});
