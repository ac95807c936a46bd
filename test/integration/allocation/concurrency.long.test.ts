/** 64 clients at once against a nearly empty pool and a nearly full quota: nothing twice, nothing too much, no 5xx. */
import { describe, expect, it } from 'vitest';
import type { Answer } from '../../support/api.ts';
import { eipBody } from '../../support/builders/eip.builder.ts';
import { externalNetworkBody } from '../../support/builders/external-network.builder.ts';
import { organizationBody } from '../../support/builders/organization.builder.ts';
import { projectBody } from '../../support/builders/project.builder.ts';
import { uniqueName } from '../../support/builders/unique-name.ts';
import { createLoadedRange } from '../../support/world.ts';
import { differences, uuidOf } from '../support/ledger.ts';
import { roomyQuotas, useStage } from '../support/stage.ts';
import type { EipView, Page, Problem, ProjectView, QuotaView, View } from '../support/views.ts';
import { useWorker } from '../support/worker.ts';

const CLIENTS = 64;
const ROUNDS = 4;

const stage = useStage({ environment: { ...roomyQuotas, DATABASE_POOL_SIZE: '16' } });
const worker = useWorker(stage);

type EipAnswer = Answer<EipView | Problem>;

/** All clients start at once; each does its part after the other. */
async function everybody<T>(work: (client: number) => Promise<T>): Promise<readonly T[]> {
  return Promise.all(Array.from({ length: CLIENTS }, (_, client) => work(client)));
}

async function createEip(projectId: string, changes: object, key?: string): Promise<EipAnswer> {
  const headers = key === undefined ? {} : { 'idempotency-key': key };
  return stage.api.call<EipView | Problem>('POST', '/v1/eips', {
    body: eipBody(projectId, changes),
    headers,
  });
}

/** A network whose pool has exactly so many free addresses. */
async function networkWith(block: string, count: number): Promise<string> {
  const body = externalNetworkBody(stage.world.clusterId, `${block}.0/24`);
  const { id } = await stage.api.must<View>('POST', '/v1/external-networks', { body });
  await createLoadedRange(stage.api, stage.database, id, {
    first: `${block}.10`,
    last: `${block}.${9 + count}`,
  });
  return id;
}

async function newProject(organizationId: string): Promise<ProjectView> {
  return stage.api.must<ProjectView>('POST', '/v1/projects', { body: projectBody(organizationId) });
}

function made(answers: readonly EipAnswer[]): readonly EipView[] {
  return answers.filter(({ status }) => status === 201).map(({ body }) => body as EipView); // 201 is an EIP
}

function refusals(answers: readonly EipAnswer[]): ReadonlySet<string> {
  return new Set(
    answers
      .filter(({ status }) => status !== 201)
      .map(({ status, body }) => `${status} ${(body as Problem).code}`),
  );
}

/** Counter of an organization's cloud EIPs, beside the rows that it counts. */
async function usedOf(
  organizationId: string,
): Promise<{ readonly used: number; readonly rows: number; readonly limit: number }> {
  const query = `organization_id=${organizationId}&resource=eips&network_type=cloud`;
  const { items } = await stage.api.must<Page<QuotaView>>('GET', `/v1/quotas?${query}`);
  const counted = await stage.database.owner.query<{ n: number }>(
    `select count(*)::int as n from eip where organization_id = $1 and network_type = 'cloud' and deleted_at is null`,
    [uuidOf('organization', organizationId)],
  );
  return { used: items[0]?.used ?? -1, rows: counted.rows[0]?.n ?? -1, limit: items[0]?.limit ?? -1 };
}

describe('64 clients', () => {
  it.each(Array.from({ length: ROUNDS }, (_, round) => round))(
    'share the last addresses of a pool without giving one twice: round %i',
    async (round) => {
      const free = 20 + round;
      const network = await networkWith(`100.10${round}.0`, free);
      const projects = [await newProject(stage.world.acmeId), await newProject(stage.world.otherId)];
      const answers = (
        await everybody(async (client) => {
          const { id } = projects[client % 2] ?? { id: '' };
          return [await createEip(id, { network }), await createEip(id, { network })];
        })
      ).flat();
      const eips = made(answers);
      expect(eips).toHaveLength(free);
      expect(new Set(eips.map((eip) => eip.address)).size).toBe(free);
      expect(refusals(answers)).toEqual(new Set(['409 pool_exhausted']));
      expect(await differences(stage.database)).toEqual([]);
    },
  );

  it.each(Array.from({ length: ROUNDS }, (_, round) => round))(
    'share the last of a quota without passing it: round %i',
    async (round) => {
      const organization = await stage.api.must<View>('POST', '/v1/organizations', {
        body: organizationBody(),
      });
      const projects = [await newProject(organization.id), await newProject(organization.id)];
      const left = 5 + round;
      const [quota] = (
        await stage.api.must<Page<QuotaView>>(
          'GET',
          `/v1/quotas?organization_id=${organization.id}&resource=eips&network_type=cloud`,
        )
      ).items;
      // both gateway EIPs count
      await stage.api.must('PATCH', `/v1/quotas/${quota?.id}`, { body: { limit: 2 + left } });
      const answers = await everybody((client) => createEip(projects[client % 2]?.id ?? '', {}));
      expect(made(answers)).toHaveLength(left);
      expect(refusals(answers)).toEqual(new Set(['409 quota_exceeded']));
      expect(await usedOf(organization.id)).toEqual({ used: 2 + left, rows: 2 + left, limit: 2 + left });
      expect(await differences(stage.database)).toEqual([]);
    },
  );

  it('all want the same address, and one gets it', async () => {
    const project = await newProject(stage.world.acmeId);
    const answers = await everybody(() => createEip(project.id, { network: 'cloud', address: '100.65.3.7' }));
    expect(made(answers)).toHaveLength(1);
    expect(refusals(answers)).toEqual(new Set(['409 address_in_use']));
  });

  it('all want the same name, and one gets it', async () => {
    const project = await newProject(stage.world.acmeId);
    const name = uniqueName('same');
    const answers = await everybody(() => createEip(project.id, { name }));
    expect(made(answers)).toHaveLength(1);
    expect(refusals(answers)).toEqual(new Set(['409 name_taken']));
    expect(await differences(stage.database)).toEqual([]);
  });

  it('all send the same key, and one thing is made', async () => {
    const project = await newProject(stage.world.acmeId);
    const [body, key] = [eipBody(project.id), uniqueName('key')];
    const answers = await everybody(() =>
      stage.api.call<EipView>('POST', '/v1/eips', { body, headers: { 'idempotency-key': key } }),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(answers.filter(({ headers }) => headers.get('idempotency-replayed') === 'true')).toHaveLength(
      CLIENTS - 1,
    );
    expect(await differences(stage.database)).toEqual([]);
  });

  it('make projects at once: each CIDR, namespace and gateway address is one project’s', async () => {
    const answers = await everybody((client) =>
      stage.api.call<ProjectView>('POST', '/v1/projects', {
        body: projectBody(client % 2 === 0 ? stage.world.acmeId : stage.world.otherId),
      }),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    for (const field of ['cidr', 'namespace', 'gateway_eip_id'] as const) {
      expect([field, new Set(answers.map(({ body }) => body[field])).size]).toEqual([field, CLIENTS]);
    }
    expect(await differences(stage.database)).toEqual([]);
  });

  it('create and delete while a project goes, and counters, addresses and intervals agree at the end', async () => {
    const network = await networkWith('100.120.0', 12);
    const projects = [await newProject(stage.world.acmeId), await newProject(stage.world.otherId)];
    const statuses = (
      await everybody(async (client) => {
        const { id } = projects[client % 2] ?? { id: '' };
        const seen: number[] = [];
        for (let turn = 0; turn < 4; turn += 1) {
          const answer = await createEip(id, { network });
          seen.push(answer.status);
          if (answer.status !== 201) continue;
          const eip = answer.body as EipView; // 201 is an EIP
          seen.push((await stage.api.call('DELETE', `/v1/eips/${eip.id}`)).status);
          if (turn % 2 === 0) await worker.finish('eip', eip.id);
        }
        if (client === 0) seen.push((await stage.api.call('DELETE', `/v1/projects/${id}`)).status);
        return seen;
      })
    ).flat();
    expect(statuses.filter((status) => ![201, 202, 409].includes(status))).toEqual([]);
    expect(await differences(stage.database)).toEqual([]);
  });
});
