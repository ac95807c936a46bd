import { knownBlock, spansOverlap } from '@netplane/domain';
import { describe, expect, it } from 'vitest';
import { clusterBody } from '../../support/builders/cluster.builder.ts';
import { externalNetworkBody } from '../../support/builders/external-network.builder.ts';
import { projectBody } from '../../support/builders/project.builder.ts';
import { createLoadedRange } from '../../support/world.ts';
import { expectRefusal } from '../support/refusals.ts';
import { roomyQuotas, useStage } from '../support/stage.ts';
import type { Page, ProjectView, View } from '../support/views.ts';
import { useWorker } from '../support/worker.ts';

const stage = useStage({
  environment: {
    ...roomyQuotas,
    PROJECT_CIDR_POOL: '10.64.0.0/10',
    RESERVED_CIDRS: '10.64.4.0/22=management pods,172.30.0.0/22=join network',
  },
});
const worker = useWorker(stage);
const path = '/v1/projects';

async function create(organizationId: string, changes: object = {}): Promise<ProjectView> {
  return stage.api.must<ProjectView>('POST', path, { body: projectBody(organizationId, changes) });
}

async function refused(cidr: string, as = 'acme_owner', organizationId = stage.world.acmeId) {
  return stage.api.call('POST', path, { as, body: projectBody(organizationId, { cidr }) });
}

async function end(project: ProjectView): Promise<void> {
  await stage.api.must('DELETE', `${path}/${project.id}`);
  await worker.finish('eip', project.gateway_eip_id);
  await worker.finish('project', project.id);
}

describe('an automatic CIDR', () => {
  it('is canonical, inside the pool, outside what is reserved, and nobody else’s, also at the same instant', async () => {
    const { acmeId, otherId } = stage.world;
    const chosen = await create(acmeId, { cidr: '10.64.9.0/24' });
    const made = await Promise.all(
      Array.from({ length: 24 }, (_, index) => create(index % 2 === 0 ? acmeId : otherId)),
    );
    const blocks = [...made, chosen].map((project) => knownBlock(project.cidr));
    const pool = knownBlock('10.64.0.0/10');
    const reserved = knownBlock('10.64.4.0/22');
    for (const [index, block] of blocks.entries()) {
      expect(block.first >= pool.first && block.last <= pool.last).toBe(true);
      expect([block.text, spansOverlap(block, reserved)]).toEqual([block.text, false]);
      const clash = blocks.find((other, position) => position !== index && spansOverlap(block, other));
      expect([block.text, clash?.text]).toEqual([block.text, undefined]);
    }
    for (const { cidr, gateway_address } of made) {
      expect(cidr).toMatch(/\/22$/);
      expect(gateway_address).toBe(cidr.replace(/0\/22$/, '1'));
    }
  });

  it('is the last free one of a small pool, and then the pool is exhausted', async () => {
    const { id: cluster_id, name } = await stage.api.must<View>('POST', '/v1/clusters', {
      body: clusterBody(),
    });
    await stage.database.owner.query(
      `update cluster set project_cidr_pool = '10.90.0.0/20',
         surveyed_reserved_cidrs = '[{"cidr": "10.90.4.0/24", "reserved_by": "node network"}]'
       where name = $1`,
      [name],
    );
    const network = externalNetworkBody(cluster_id, '100.65.0.0/16');
    const { id } = await stage.api.must<View>('POST', '/v1/external-networks', { body: network });
    const span = { first: '100.65.0.10', last: '100.65.0.30' };
    await createLoadedRange(stage.api, stage.database, id, span);
    await create(stage.world.acmeId, { cluster_id, cidr: '10.90.3.192/26' });
    const first = await create(stage.world.acmeId, { cluster_id });
    const second = await create(stage.world.acmeId, { cluster_id });
    expect([first.cidr, second.cidr]).toEqual(['10.90.8.0/22', '10.90.12.0/22']);
    const body = projectBody(stage.world.acmeId, { cluster_id });
    const params = { pool: '10.90.0.0/20', available: 0, requested: 1 };
    const exhausted = await stage.api.call('POST', path, { body });
    expectRefusal(exhausted, { status: 409, code: 'pool_exhausted', pointer: '/cidr', params });
    await end(first);
    expect((await create(stage.world.acmeId, { cluster_id })).cidr).toBe('10.90.8.0/22');
  });
});

describe('a chosen CIDR', () => {
  it.each([
    ['10.70.1.1/24', '10.70.1.0/24'],
    ['10.70.255.255/16', '10.70.0.0/16'],
    ['10.70.3.0/22', '10.70.0.0/22'],
    ['10.70.0.0/024', '10.70.0.0/24'],
  ])('in another form than the canonical is refused and shown in that: %s', async (cidr, canonical) => {
    const params = { canonical };
    expectRefusal(await refused(cidr), { status: 422, code: 'non_canonical', pointer: '/cidr', params });
  });

  it.each(['nonsense', '10.70.0.0', '10.70.0.0/33', '10.70.0/24', '', ' 10.70.0.0/24', '10.070.0.0/24'])(
    'that is none is refused: "%s"',
    async (cidr) => {
      expectRefusal(await refused(cidr), { status: 422, code: 'validation_failed', pointer: '/cidr' });
    },
  );

  it('of IPv6 is refused as not supported yet', async () => {
    const params = { family: 'ipv6' };
    const answer = await refused('fd00::/64');
    expectRefusal(answer, { status: 422, code: 'unsupported', pointer: '/cidr', params });
  });

  it.each(['10.64.0.0/15', '10.70.0.0/29', '10.70.0.0/32', '10.128.0.0/16', '192.168.0.0/24', '0.0.0.0/0'])(
    'outside the pool or of another size is refused: %s',
    async (cidr) => {
      const params = { cidr, pool: '10.64.0.0/10', prefix_min: 16, prefix_max: 28 };
      expectRefusal(await refused(cidr), { status: 422, code: 'cidr_out_of_pool', pointer: '/cidr', params });
    },
  );

  it.each(['10.64.4.0/22', '10.64.5.0/24', '10.64.0.0/16'])(
    'that overlaps what is reserved is refused with the name of what reserves it: %s',
    async (cidr) => {
      const params = { cidr, reserved: '10.64.4.0/22', reserved_by: 'management pods' };
      expectRefusal(await refused(cidr), { status: 422, code: 'cidr_reserved', pointer: '/cidr', params });
    },
  );

  it('that overlaps what the survey found on the cluster is refused', async () => {
    await stage.database.owner.query(
      `update cluster set surveyed_reserved_cidrs = '[{"cidr": "10.71.0.0/16", "reserved_by": "Subnet office"},
         {"cidr": "fd00::/8", "reserved_by": "Subnet six"}]'
       where name = 'local'`,
    );
    const params = { cidr: '10.71.4.0/22', reserved: '10.71.0.0/16', reserved_by: 'Subnet office' };
    const answer = await refused('10.71.4.0/22');
    expectRefusal(answer, { status: 422, code: 'cidr_reserved', pointer: '/cidr', params });
    expect((await create(stage.world.acmeId)).cidr).toMatch(/\/22$/);
  });

  it('that overlaps an external network is refused', async () => {
    const body = externalNetworkBody(stage.world.clusterId, '10.72.0.0/24', { name: 'office' });
    await stage.api.must('POST', '/v1/external-networks', { body });
    const answer = await refused('10.72.0.128/25');
    expectRefusal(answer, { status: 422, code: 'cidr_reserved', pointer: '/cidr' });
    expect((answer.body as unknown as { params: object }).params).toMatchObject({ reserved: '10.72.0.0/24' });
  });

  it('that another project has is refused, and nothing is told of another tenant’s', async () => {
    const { acmeId, otherId } = stage.world;
    await create(acmeId, { cidr: '10.73.0.0/22', name: 'very-secret' });
    const refusal = { status: 409, code: 'cidr_in_use', pointer: '/cidr', holder: null };
    for (const cidr of ['10.73.0.0/22', '10.73.1.0/24', '10.73.0.0/16']) {
      expectRefusal(await refused(cidr), { status: 409, code: 'cidr_in_use', pointer: '/cidr' });
      const foreign = await refused(cidr, 'other_owner', otherId);
      expectRefusal(foreign, { ...refusal, params: { cidr } });
      expect(foreign.text).not.toMatch(/acme|very-secret|project_/);
    }
  });

  it('is had by one of many who ask at the same instant', async () => {
    const bodies = Array.from({ length: 8 }, (_, index) =>
      projectBody(index % 2 === 0 ? stage.world.acmeId : stage.world.otherId, { cidr: '10.74.0.0/24' }),
    );
    const answers = await Promise.all(bodies.map((body) => stage.api.call('POST', path, { body })));
    expect(answers.map((answer) => answer.status).sort()).toEqual([201, ...Array(7).fill(409)]);
  });

  it('may be the same on two clusters', async () => {
    const { id: cluster_id } = await stage.api.must<View>('POST', '/v1/clusters', { body: clusterBody() });
    const network = externalNetworkBody(cluster_id, '100.65.0.0/16');
    const { id } = await stage.api.must<View>('POST', '/v1/external-networks', { body: network });
    const span = { first: '100.65.0.10', last: '100.65.0.20' };
    await createLoadedRange(stage.api, stage.database, id, span);
    await create(stage.world.acmeId, { cidr: '10.75.0.0/24' });
    expect(await create(stage.world.acmeId, { cidr: '10.75.0.0/24', cluster_id })).toMatchObject({
      cluster_id,
    });
  });

  it('may overlap only where a platform administrator says so', async () => {
    const { acmeId, otherId } = stage.world;
    await create(acmeId, { cidr: '10.76.0.0/24' });
    const body = projectBody(otherId, { cidr: '10.76.0.0/24', allow_cidr_overlap: true });
    const owner = await stage.api.call('POST', path, { as: 'other_owner', body });
    expectRefusal(owner, { status: 403, code: 'forbidden', pointer: '/allow_cidr_overlap' });
    const made = await stage.api.must('POST', path, { body });
    expect(made).toMatchObject({ cidr: '10.76.0.0/24', allow_cidr_overlap: true });
    expectRefusal(await refused('10.76.0.0/24'), { status: 409, code: 'cidr_in_use' });
    const reserved = projectBody(acmeId, { cidr: '10.64.4.0/24', allow_cidr_overlap: true });
    const answer = await stage.api.call('POST', path, { body: reserved });
    expectRefusal(answer, { status: 422, code: 'cidr_reserved', pointer: '/cidr' });
  });

  it('counts as many addresses as it has', async () => {
    const { id } = await stage.api.must<View>('POST', '/v1/organizations', { body: { name: 'counts' } });
    await create(id, { cidr: '10.77.0.0/16' });
    await create(id, { cidr: '10.78.0.0/28' });
    const { items } = await stage.api.must<Page<View & { used: number }>>(
      'GET',
      `/v1/quotas?organization_id=${id}&resource=project_addresses`,
    );
    expect(items.map((item) => item.used)).toEqual([65_536 + 16]);
  });
});
