/**
 * From the last release (docs/releases.md) to this checkout: its processes go on working on the migrated database, side
 * by side with the new ones, and what they have made stays as it is.
 */
import { randomUUID } from 'node:crypto';
import { operations } from '@netplane/domain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askGraphql, askRest, requestFor, verbOf } from '../../contract/requests.ts';
import { eipBody } from '../../support/builders/eip.builder.ts';
import { projectBody } from '../../support/builders/project.builder.ts';
import { conditionOf, eventually } from '../support/cluster-stage.ts';
import { differences } from '../support/ledger.ts';
import { type PreviousRelease, unpackPreviousRelease } from '../support/previous-release.ts';
import { createLoad } from '../support/upgrade-load.ts';
import { type Client, openUpgradeStage, settled, type UpgradeStage } from '../support/upgrade-stage.ts';
import type { EipView, Page, ProjectView, View } from '../support/views.ts';

/** Two versions start twice. */
const LIMIT_MS = 180_000;

const opened: { release?: PreviousRelease } = {};
const open: UpgradeStage[] = [];

beforeAll(async () => {
  opened.release = await unpackPreviousRelease();
});

afterAll(async () => {
  for (const stage of open) await stage.close();
  await opened.release?.remove();
});

async function openStage() {
  if (opened.release === undefined) throw new Error('the release is unpacked before the tests run');
  const { stage, ...old } = await openUpgradeStage(opened.release);
  open.push(stage);
  return { stage, old };
}

function createProject(client: Client, { world }: UpgradeStage): Promise<ProjectView> {
  return client.must('POST', '/v1/projects', { body: projectBody(world.acmeId) });
}

function createEip(client: Client, project: View, network: 'cloud' | 'public' = 'cloud'): Promise<EipView> {
  return client.must('POST', '/v1/eips', { body: eipBody(project.id, { network }) });
}

async function createProjects(client: Client, stage: UpgradeStage, count: number) {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const project = await createProject(client, stage);
      const [cloud, other, publicEip] = await Promise.all([
        createEip(client, project),
        createEip(client, project),
        createEip(client, project, 'public'),
      ]);
      return { project, cloud, other, publicEip };
    }),
  );
}

async function allOf<T extends View>(client: Client, collection: string): Promise<readonly T[]> {
  const items: T[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: Page<T> = await client.must('GET', `/v1/${collection}?limit=200${cursor}`);
    items.push(...page.items);
    cursor = page.next_cursor === null ? null : `&cursor=${page.next_cursor}`;
  }
  return items;
}

/** Everything on the cluster that has a worker. */
async function everythingReady({ world: { clusterId } }: UpgradeStage, client: Client): Promise<void> {
  await eventually(async () => {
    const collections = ['ip-ranges', 'projects', 'eips'];
    const networks = await allOf<View & { cluster_id: string }>(client, 'external-networks');
    const views = [
      await client.must<View>('GET', `/v1/clusters/${clusterId}`),
      ...networks.filter(({ cluster_id }) => cluster_id === clusterId),
      ...(await Promise.all(collections.map((name) => allOf<View>(client, name)))).flat(),
    ];
    expect(views.filter(({ status }) => status.phase !== 'ready').map(({ id }) => id)).toEqual([]);
  }, 60_000);
}

/** What stands on the cluster for tenants and networks is what the rows say, uid by uid. */
async function expectNothingLeaked({ database, journal }: UpgradeStage): Promise<void> {
  const standing = new Map<string, string>();
  for (const { type, object } of journal) {
    const { uid = '', name, labels } = object.metadata;
    if (labels?.['netplane.io/installation'] === undefined) continue;
    if (type === 'deleted') standing.delete(uid);
    else standing.set(uid, `${object.kind} ${name} ${uid}`);
  }
  const { rows } = await database.owner.query<{ object: string }>(
    `select concat_ws(' ', kind, name, uid) as object from cluster_object
     where gone_at is null and origin = 'created'`,
  );
  expect(rows.map(({ object }) => object).sort()).toEqual([...standing.values()].sort());
  expect(await differences(database)).toEqual([]);
}

/** Requests that change something on the cluster, but for the reviews and the mark of whoever works on it. */
function writes({ simulator }: UpgradeStage): readonly string[] {
  return Object.keys(simulator.knobs.readLedger().counts).filter(
    (request) =>
      /^(create|update|apply|patch|delete) /.test(request) &&
      !request.endsWith('SelfSubjectReview') &&
      request !== 'apply ConfigMap',
  );
}

describe('the last release beside this one', () => {
  it(
    'loses nothing while both serve, and while the database is migrated under it',
    async () => {
      const { stage, old } = await openStage();
      const [first, second, third, doomed] = await createProjects(old.api.client, stage, 4);
      if (first === undefined || second === undefined || third === undefined || doomed === undefined)
        throw new Error('there are four projects');
      await everythingReady(stage, old.api.client);

      stage.simulator.knobs.setControllerDelay(100);
      for (const { id } of [doomed.cloud, doomed.other, doomed.publicEip, first.other, second.publicEip])
        await old.api.client.must('DELETE', `/v1/eips/${id}`);
      await old.api.client.must('DELETE', `/v1/projects/${doomed.project.id}`);
      const load = createLoad([first, second, third].map(({ project }) => project.id));
      await Promise.all([load.run([old.api.client], 12), stage.migrate()]);
      await askForEverything(stage, old.api.client);

      const underWay = load.run([old.api.client], 6);
      const [api, worker] = await Promise.all([stage.startApi('new'), stage.startWorker('new')]);
      await underWay;
      stage.simulator.knobs.setControllerDelay(2);
      const both = load.run([old.api.client, api.client], 12);
      await expectOneSystem(stage, old.api.client, api.client);
      await expectOneSystem(stage, api.client, old.api.client);
      await both;

      const stopped = Promise.all([old.api.process.end('SIGTERM'), old.worker.end('SIGTERM')]);
      await load.run([api.client], 6);
      expect(await stopped).toEqual([0, 0]);
      await load.run([api.client], 6);
      const { report } = load;
      expect(report.faults).toEqual([]);
      expect(report.kept.size + report.deleted.length).toBe(42);
      await everythingReady(stage, api.client);
      for (const [id, view] of report.kept) {
        const { address, labels, name, project_id } = view;
        expect(await api.client.must('GET', `/v1/eips/${id}`)).toMatchObject({
          ...{ address, labels, name, project_id },
          status: { phase: 'ready' },
        });
      }
      const gone = [...report.deleted.map((id) => `eips/${id}`), `projects/${doomed.project.id}`];
      for (const path of gone) expect((await api.client.call('GET', `/v1/${path}`)).status, path).toBe(404);
      await expectNothingLeaked(stage);
      expect(await worker.end('SIGTERM')).toBe(0);
    },
    LIMIT_MS,
  );
});

/** Every operation of the last release, so that every statement of its API meets the migrated database. */
async function askForEverything(stage: UpgradeStage, client: Client): Promise<void> {
  const seen = stage.seenBy(client);
  const known = operations.filter((each) => opened.release?.operations.has(each));
  expect(known.length).toBeGreaterThan(40);
  for (const operation of known.filter((each) => verbOf(each) !== undefined)) {
    const request = await requestFor(seen, operation);
    const isRead = request.verb === 'get' || request.verb === 'list';
    for (const ask of isRead ? [askRest, askGraphql] : [askRest]) {
      const outcome = await ask(seen.api, request, {});
      expect([200, 201, 202, 204], `${operation}: ${outcome.code}`).toContain(outcome.status);
    }
  }
}

/** What one version answered, the other one knows, and says in the same words. */
async function expectOneSystem(stage: UpgradeStage, one: Client, other: Client): Promise<void> {
  const asOwner = { as: 'acme_owner' };
  const headers = { 'idempotency-key': randomUUID() };
  const body = projectBody(stage.world.acmeId);
  const made = await one.call<ProjectView>('POST', '/v1/projects', { ...asOwner, body, headers });
  expect(made.status, made.text).toBe(201);
  const replay = await other.call('POST', '/v1/projects', { ...asOwner, body, headers });
  expect([replay.status, replay.headers.get('idempotency-replayed')]).toEqual([201, 'true']);
  expect(replay.text).toBe(made.text);
  const reused = await other.call('POST', '/v1/projects', {
    ...asOwner,
    body: projectBody(stage.world.acmeId),
    headers,
  });
  expect(reused.body).toMatchObject({ status: 422, code: 'idempotency_key_reused' });

  const path = `/v1/projects/${made.body.id}`;
  const ready = await settled(other, path);
  const [mine, theirs] = [await one.call('GET', path), await other.call('GET', path)];
  expect(theirs.headers.get('etag')).toBe(mine.headers.get('etag'));
  expect({ ...theirs.body, ...mine.body }).toEqual(theirs.body); // a new version may say more
  const unchanged = { headers: { 'if-none-match': mine.headers.get('etag') ?? '' } };
  expect((await other.call('GET', path, unchanged)).status).toBe(304);

  const ifMatch = { 'if-match': mine.headers.get('etag') ?? '' };
  const change = (label: string) => ({ body: { labels: { label } }, headers: ifMatch });
  const updated = await one.call<ProjectView>('PATCH', path, change('one'));
  expect([updated.status, updated.body.revision]).toEqual([200, ready.revision + 1]);
  expect((await other.call('PATCH', path, change('other'))).status).toBe(412);
  expect(await other.must<View>('GET', path)).toMatchObject({ labels: { label: 'one' } });

  const eips = await Promise.all(Array.from({ length: 5 }, () => createEip(one, made.body)));
  const listed = await listInTurns([other, one], `/v1/eips?project_id=${made.body.id}&limit=2`);
  expect(listed.sort()).toEqual([made.body.gateway_eip_id, ...eips.map(({ id }) => id)].sort());
  expect(await graphqlEips(one, made.body.id)).toEqual(await graphqlEips(other, made.body.id));

  for (const { id } of eips) {
    expect((await one.call('DELETE', `/v1/eips/${id}`)).status).toBe(202);
    expect([202, 404]).toContain((await other.call('DELETE', `/v1/eips/${id}`)).status);
  }
  expect((await other.call('DELETE', path)).status).toBe(202);
  expect((await one.call('GET', `${path}?wait_for=deleted&timeout=30`)).status).toBe(404);
}

/** Ids of all pages, each asked of the next server. */
async function listInTurns(clients: readonly Client[], path: string): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | null = '';
  for (let turn = 0; cursor !== null; turn += 1) {
    const client = clients[turn % clients.length] as Client; // there is one at least
    const page: Page<EipView> = await client.must('GET', `${path}${cursor}`);
    ids.push(...page.items.map(({ id }) => id));
    cursor = page.next_cursor === null ? null : `&cursor=${page.next_cursor}`;
  }
  return ids;
}

async function graphqlEips(client: Client, projectId: string): Promise<object> {
  const query = 'query ($id: ID!) { project(id: $id) { name revision eips { nodes { id address name } } } }';
  const { data, errors } = await client.graphql<object>(query, { id: projectId });
  expect(errors).toBeUndefined();
  return data;
}

describe('what the last release has made', () => {
  it(
    'is as this one wants it: nothing is planned when it observes, nothing written when it manages',
    async () => {
      const { stage, old } = await openStage();
      await createProjects(old.api.client, stage, 3);
      await everythingReady(stage, old.api.client);
      await old.api.client.must('PATCH', `/v1/clusters/${stage.world.clusterId}`, {
        body: { mode: 'observe' },
      });
      expect(await Promise.all([old.worker.end('SIGTERM'), old.api.process.end('SIGTERM')])).toEqual([0, 0]);
      await stage.migrate();
      await stage.simulator.knobs.settled();
      stage.simulator.knobs.resetLedger();
      const journalled = stage.journal.length;

      const { client } = await stage.startApi('new');
      await stage.startWorker('new', { RESYNC_SECONDS: '5' });
      const collections = ['clusters', 'external-networks', 'projects', 'eips'];
      await eventually(async () => {
        const views = (await Promise.all(collections.map((name) => allOf<View>(client, name)))).flat();
        expect(views.length).toBe(1 + 2 + 3 + 12);
        for (const view of views) {
          const managed = conditionOf(view, 'Managed');
          expect(managed).toMatchObject({ status: 'false', reason: 'ClusterObserved' });
          const words = `${view.id}: ${managed.operator_detail}`;
          expect(managed.params, words).toEqual({ create: 0, change: 0, delete: 0 });
        }
      });
      expect(writes(stage)).toEqual([]);

      await client.must('PATCH', `/v1/clusters/${stage.world.clusterId}`, { body: { mode: 'manage' } });
      await everythingReady(stage, client);
      await passOverEverything(stage);
      expect(writes(stage)).toEqual([]);
      expect(stage.journal.slice(journalled).map(({ kind }) => kind)).toEqual(
        stage.journal.slice(journalled).map(() => 'ConfigMap'), // the mark of whoever works on the cluster
      );
      await expectNothingLeaked(stage);
    },
    LIMIT_MS,
  );
});

/** Every resource is asked for, and until all of them were looked at. */
async function passOverEverything({ database }: UpgradeStage): Promise<void> {
  await database.owner.query(
    `update work_item set run_at = clock_timestamp(), wanted = wanted + 1;
     select pg_notify('netplane_work', '')`,
  );
  await eventually(async () => {
    const { rows } = await database.owner.query(
      'select kind, id from work_item where run_at <= clock_timestamp() or lease_until is not null',
    );
    expect(rows).toEqual([]);
  });
}
