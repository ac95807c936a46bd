import { watchedKinds } from '@netplane/k8s-adapter';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RunningWorker } from '../../../apps/worker/src/server.ts';
import type { Change } from '../../../packages/k8s-adapter/src/simulator/store/history.ts';
import { eipBody } from '../../support/builders/eip.builder.ts';
import { projectBody } from '../../support/builders/project.builder.ts';
import { type AppProcess, startWorkerProcess } from '../support/app-process.ts';
import { eventually, useClusterStage } from '../support/cluster-stage.ts';
import { differences } from '../support/ledger.ts';
import type { EipView, Page, ProjectView, View } from '../support/views.ts';

const stage = useClusterStage({
  hasWorker: false,
  environment: { DEFAULT_QUOTA_PROJECTS: '200', DEFAULT_QUOTA_CLOUD_EIPS: '500' },
  worker: { WORKER_CONCURRENCY: '4', LOG_LEVEL: 'error' },
});

const workers: RunningWorker[] = [];
const processes: AppProcess[] = [];

beforeAll(async () => {
  const worker = await stage.startWorker();
  for (const id of [stage.world.cloudId, stage.world.publicId])
    await stage.settled(`/v1/external-networks/${id}`);
  await worker.stop();
});

afterEach(async () => {
  stage.simulator.knobs.clearFaults();
  stage.simulator.knobs.setControllerDelay(2);
  await Promise.all(workers.splice(0).map((worker) => worker.stop()));
  await Promise.all(processes.splice(0).map((worker) => worker.end('SIGKILL')));
});

async function startWorkers(count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) workers.push(await stage.startWorker());
}

async function startProcess(): Promise<AppProcess> {
  const worker = await startWorkerProcess(stage.workerEnvironment());
  processes.push(worker);
  return worker;
}

/** So many projects, each with an address besides its own. */
async function createProjects(count: number): Promise<readonly ProjectView[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const body = projectBody(stage.world.acmeId);
      const project = await stage.api.must<ProjectView>('POST', '/v1/projects', { body });
      await stage.api.must('POST', '/v1/eips', { body: eipBody(project.id) });
      return project;
    }),
  );
}

async function phasesOf(path: string): Promise<Record<string, number>> {
  const { items } = await stage.api.must<Page<View>>('GET', `${path}?limit=200`);
  return Object.fromEntries(
    [...Map.groupBy(items, ({ status }) => status.phase)].map(([phase, { length }]) => [phase, length]),
  );
}

async function expectAllReady(projects: number): Promise<void> {
  await eventually(async () => {
    expect(await phasesOf('/v1/projects')).toEqual({ ready: projects });
    expect(await phasesOf('/v1/eips')).toEqual({ ready: projects * 2 });
  }, 30_000);
}

const projectOf = ({ object }: Change) => object.metadata.labels?.['netplane.io/project'];
const isOurs = (change: Change) => projectOf(change) !== undefined;

/** What stands on the cluster for projects is what the rows say, uid by uid. */
async function expectNothingLeakedOrDoubled(): Promise<void> {
  const standing = new Map<string, string>();
  for (const { type, object } of stage.journal.filter(isOurs)) {
    const { uid = '', name } = object.metadata;
    if (type === 'deleted') standing.delete(uid);
    else standing.set(uid, `${object.kind} ${name}`);
  }
  const { rows } = await stage.database.owner.query<{ uid: string; kind: string; name: string }>(
    `select uid, kind, name from cluster_object where gone_at is null and owner_kind in ('project', 'eip')`,
  );
  expect(rows.map(({ uid, kind, name }) => `${uid} ${kind} ${name}`).sort()).toEqual(
    [...standing].map(([uid, text]) => `${uid} ${text}`).sort(),
  );
  expect(await differences(stage.database)).toEqual([]);
}

async function leases(): Promise<number> {
  const { rows } = await stage.database.owner.query<{ n: number }>(
    'select count(*)::int as n from work_item where lease_until > clock_timestamp()',
  );
  return rows[0]?.n ?? 0;
}

/** As if the time of every lease had passed since the last worker, whose last statements may still run. */
async function letLeasesEnd(): Promise<void> {
  await eventually(async () => {
    const { rows } = await stage.database.owner.query(
      "select pid from pg_stat_activity where datname = current_database() and application_name like 'netplane-worker%'",
    );
    expect(rows).toEqual([]);
  });
  await stage.database.owner.query(`
    update work_item set lease_until = clock_timestamp() - interval '1 second' where lease_until is not null;
    update duty_lease set expires_at = clock_timestamp() - interval '1 second'`);
}

/** Resolves in the very moment in which so many of such changes have happened. */
async function whenHappened(
  count: number,
  matches: (change: Change) => boolean,
  act: () => void,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let seen = 0;
  const stop = stage.simulator.api.store.onChange((change) => {
    seen += isOurs(change) && matches(change) ? 1 : 0;
    if (seen < count) return;
    stop();
    act();
    resolve();
  });
  await promise;
}

async function passesOf({ adminUrl }: RunningWorker): Promise<number> {
  const text = await (await fetch(`${adminUrl}/metrics`)).text();
  const counts = [...text.matchAll(/^netplane_worker_pass_seconds_count\{.*\} (\d+)$/gm)];
  return counts.reduce((sum, [, count]) => sum + Number(count), 0);
}

describe('two workers of one cluster', () => {
  it('share the work and make nothing twice', async () => {
    await startWorkers(2);
    stage.simulator.knobs.resetLedger();
    const from = stage.journal.length;
    await createProjects(20);
    await expectAllReady(20);
    const made = stage.journal.slice(from).filter((change) => change.type === 'added' && isOurs(change));
    const posted = ['Vpc', 'Subnet', 'Namespace', 'OvnEip', 'OvnSnatRule'].map((kind) =>
      stage.simulator.ledger.count('create', kind),
    );
    expect(posted).toEqual([20, 20, 20, 60, 20]);
    expect(made.length).toBe(140);
    for (const worker of workers) expect(await passesOf(worker)).toBeGreaterThan(0);
    await expectNothingLeakedOrDoubled();
  });

  it('have one watch of each kind between them, which the other takes over', async () => {
    const one = watchedKinds.length;
    await startWorkers(1);
    await eventually(() => expect(stage.simulator.watches.size).toBe(one));
    const [first, ...none] = await holdersOfWatch();
    expect(none).toEqual([]);
    await startWorkers(1);
    await eventually(async () => {
      await stage.lookAgain();
      for (const worker of workers) expect(await passesOf(worker)).toBeGreaterThan(0);
    });
    expect(await holdersOfWatch()).toEqual([first]);
    expect(stage.simulator.watches.size).toBe(one);

    for (const worker of workers.splice(0, 1)) await worker.stop();
    await eventually(async () => {
      expect(await holdersOfWatch()).toEqual([expect.not.stringMatching(String(first))]);
      expect(stage.simulator.watches.size).toBe(one);
    });
  });
});

describe('a worker that is killed', () => {
  it('leaves its work to another one, which loses nothing and makes nothing twice', async () => {
    stage.simulator.knobs.setControllerDelay(10);
    const before = Object.values(await phasesOf('/v1/projects')).reduce((sum, n) => sum + n, 0);
    const killAt = async (count: number, matches: (change: Change) => boolean) => {
      const worker = Promise.withResolvers<AppProcess>();
      const killed = whenHappened(
        count,
        matches,
        () => void worker.promise.then(({ end }) => end('SIGKILL')),
      );
      worker.resolve(await startProcess());
      return { killed, worker: await worker.promise };
    };
    const early = await killAt(3, ({ type, kind }) => type === 'added' && kind === 'Vpc');
    const projects = await createProjects(20);
    await early.killed;
    expect(await early.worker.ended).toBe('SIGKILL');
    expect(await leases(), 'it was killed at work').toBeGreaterThan(0);
    await letLeasesEnd();

    const later = await killAt(8, ({ type, kind }) => type === 'added' && kind === 'OvnSnatRule');
    await later.killed;
    await later.worker.ended;
    await letLeasesEnd();

    const whole = new Set(stage.journal.filter(({ kind }) => kind === 'OvnSnatRule').map(projectOf));
    const doomed = projects.filter(({ id }) => whole.has(id)).slice(0, 8);
    expect(doomed.length).toBeGreaterThanOrEqual(4);
    for (const { id } of doomed) await deleteProject(id);
    const deleting = await killAt(4, ({ type, kind }) => type === 'deleted' && kind === 'Namespace');
    await deleting.killed;
    await deleting.worker.ended;
    await letLeasesEnd();

    await startWorkers(1);
    await expectAllReady(before + 20 - doomed.length);
    await expectNothingLeakedOrDoubled();
  });
});

describe('a worker that is asked to stop', () => {
  it('gives back its claims and its duties at once', async () => {
    const worker = await startProcess();
    await eventually(async () => expect(await dutiesHeld()).toBeGreaterThan(0));
    stage.simulator.knobs.failNext({ verb: 'create', kind: 'Vpc', delayMs: 60_000, count: 100 });
    const [project] = await createProjects(1);
    await eventually(() => expect(stage.simulator.ledger.count('create', 'Vpc')).toBeGreaterThan(0));
    await eventually(async () => expect(await leases()).toBeGreaterThan(0));
    expect(await worker.end('SIGTERM')).toBe(0);
    expect(await leases()).toBe(0);
    expect(await dutiesHeld()).toBe(0);

    stage.simulator.knobs.clearFaults();
    await startWorkers(1);
    expect(await stage.settled(`/v1/projects/${project?.id}`)).toMatchObject({ status: { phase: 'ready' } });
    await expectNothingLeakedOrDoubled();
  });
});

/** With every address that it has, as the API wants it. */
async function deleteProject(id: string): Promise<void> {
  const { items } = await stage.api.must<Page<EipView>>('GET', `/v1/eips?project_id=${id}`);
  for (const eip of items.filter(({ purpose }) => purpose !== 'gateway')) {
    await stage.api.must('DELETE', `/v1/eips/${eip.id}`);
  }
  await stage.api.must('DELETE', `/v1/projects/${id}`);
}

async function holdersOfWatch(): Promise<readonly string[]> {
  const { rows } = await stage.database.owner.query<{ holder: string }>(
    "select holder from duty_lease where name like 'watch %' and expires_at > clock_timestamp()",
  );
  return rows.map(({ holder }) => holder);
}

async function dutiesHeld(): Promise<number> {
  const { rows } = await stage.database.owner.query<{ n: number }>(
    'select count(*)::int as n from duty_lease where expires_at > clock_timestamp()',
  );
  return rows[0]?.n ?? 0;
}
