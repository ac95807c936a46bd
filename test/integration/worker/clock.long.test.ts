/** The database's clock is set back or forward by an hour, as after a step of NTP or a failover, in the middle of work. */
import { openPool, roles, takeDuty } from '@netplane/db';
import { beforeAll, describe, expect, it } from 'vitest';
import type { RunningWorker } from '../../../apps/worker/src/server.ts';
import { eipBody } from '../../support/builders/eip.builder.ts';
import { projectBody } from '../../support/builders/project.builder.ts';
import { installSteppedClock, type SteppedClock } from '../../support/stepped-clock.ts';
import { eventually, useClusterStage } from '../support/cluster-stage.ts';
import { differences, intervalsOf } from '../support/ledger.ts';
import { roomyQuotas } from '../support/stage.ts';
import type { EipView, Page, ProjectView, View } from '../support/views.ts';

const HOUR = 3_600;
const stage = useClusterStage({ environment: roomyQuotas, worker: { QUARANTINE_SECONDS: '30' } });

const opened: { clock?: SteppedClock } = {};
beforeAll(async () => {
  opened.clock = await installSteppedClock(stage.database.owner);
  await eventually(async () => expect((await stage.api.call('GET', '/readyz')).status).toBe(200));
});

async function step(seconds: number): Promise<void> {
  await opened.clock?.set(seconds);
}

interface Made {
  readonly project: ProjectView;
  readonly eips: readonly EipView[];
}

async function make(count: number): Promise<readonly Made[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const project = await stage.api.must<ProjectView>('POST', '/v1/projects', {
        body: projectBody(stage.world.acmeId),
      });
      const eips = await Promise.all(
        [1, 2].map(() => stage.api.must<EipView>('POST', '/v1/eips', { body: eipBody(project.id) })),
      );
      return { project, eips };
    }),
  );
}

async function remove({ project, eips }: Made): Promise<void> {
  for (const { id } of eips) await stage.api.must('DELETE', `/v1/eips/${id}`);
  await stage.api.must('DELETE', `/v1/projects/${project.id}`);
}

async function expectReady(made: readonly Made[]): Promise<void> {
  const paths = made.flatMap(({ project, eips }) => [
    `/v1/projects/${project.id}`,
    ...eips.map(({ id }) => `/v1/eips/${id}`),
  ]);
  await eventually(async () => {
    for (const path of paths)
      expect((await stage.api.must<View>('GET', path)).status.phase, path).toBe('ready');
  }, 55_000);
}

async function expectGone({ project, eips }: Made): Promise<void> {
  for (const { id } of eips) await stage.gone(`/v1/eips/${id}`);
  await stage.gone(`/v1/projects/${project.id}`);
}

/** One object for each row and one row for each object, and every counter right. */
async function expectNothingTwice(): Promise<void> {
  const standing = new Map<string, string>();
  for (const { type, object } of stage.journal) {
    const { uid = '', name, labels } = object.metadata;
    if (labels?.['netplane.io/project'] === undefined) continue;
    if (type === 'deleted') standing.delete(uid);
    else standing.set(uid, `${object.kind} ${name} ${uid}`);
  }
  const { rows } = await stage.database.owner.query<{ object: string }>(
    `select concat_ws(' ', kind, name, uid) as object from cluster_object
     where gone_at is null and owner_kind in ('project', 'eip')`,
  );
  expect(rows.map(({ object }) => object).sort()).toEqual([...standing.values()].sort());
  expect(await differences(stage.database)).toEqual([]);
}

/** Leases, duties, turns and rests that end later than any that begins now. */
async function strays(): Promise<readonly object[]> {
  const { rows } = await stage.database.owner.query(
    `with t as (select clock_timestamp() as now)
     select 'lease' as what, id::text from work_item, t where lease_until > now + interval '17 seconds'
     union all select 'put off', id::text from work_item, t where attempts > 0 and run_at > now + interval '62 seconds'
     union all select 'duty', name from duty_lease, t where expires_at > now + interval '17 seconds'
     union all select 'turn', organization_id::text from work_turn, t where served_at > now
     union all select 'rest', address::text from ip_address, t where quarantined_until > now + interval '32 seconds'`,
  );
  return rows;
}

describe('work under way when the database steps', () => {
  it.each([
    ['back by an hour', -HOUR],
    ['forward by an hour', 0],
    ['back by 20 seconds', -20],
  ])('%s is finished, once', async (_, seconds) => {
    const other: RunningWorker = await stage.startWorker();
    stage.simulator.knobs.setControllerDelay(150);
    const [doomed, early, ...rest] = await make(5);
    if (doomed === undefined || early === undefined) throw new Error('five were made');
    await remove(early);
    await eventually(() => expect(stage.simulator.ledger.count('create', 'Vpc')).toBeGreaterThan(0));
    await step(seconds);
    stage.simulator.knobs.setControllerDelay(2);
    const later = await make(2);
    await remove(doomed);
    await expectReady([...rest, ...later]);
    await expectGone(doomed);
    await expectGone(early);
    await eventually(async () => expect(await strays()).toEqual([]));
    await expectNothingTwice();
    await other.stop();
  });
});

describe('work that was put off when the database steps back', () => {
  it('does not wait until the time has come again', async () => {
    await step(0);
    stage.simulator.knobs.failNext({ verb: 'create', kind: 'Vpc', status: 500, count: 1_000 });
    const made = await make(1);
    const { owner } = stage.database;
    await eventually(async () => {
      const { rowCount } = await owner.query(
        `select from work_item where kind = 'project' and attempts > 4 and lease_until is null
           and run_at > clock_timestamp()`,
      );
      expect(rowCount).toBeGreaterThan(0);
    });
    await step(-HOUR);
    stage.simulator.knobs.clearFaults();
    await expectReady(made);
  });
});

describe('a ledger', () => {
  it('never ends a time before it began', async () => {
    await step(0);
    const [made] = await make(1);
    const [eip] = made?.eips ?? [];
    if (eip === undefined) throw new Error('one was made');
    await step(-HOUR);
    await stage.api.must('PATCH', `/v1/eips/${eip.id}`, { body: { labels: { stepped: 'back' } } });
    await stage.api.must('DELETE', `/v1/eips/${eip.id}`);
    const intervals = await intervalsOf(stage.database, eip.id);
    expect(intervals).toHaveLength(2);
    for (const { started_at: start, ended_at: end } of intervals) expect(end).toBe(start);
    await stage.gone(`/v1/eips/${eip.id}`);
    expect(await differences(stage.database)).toEqual([]);
  });
});

describe('what a worker held that was gone when the clock was set back', () => {
  const inAnHour = "clock_timestamp() + interval '1 hour'";

  it('is free again when one lease has passed, not when the clock has come again', async () => {
    await step(0);
    await make(1);
    const { owner } = stage.database;
    const { rows } = await owner.query<{ id: string }>(
      `insert into work_item (kind, id, cluster_id, organization_id, claim, claimed_by, attempts, lease_until)
       select 'project', id, cluster_id, organization_id, 7, 'gone', 1, ${inAnHour}
       from project where deleted_at is null limit 1
       on conflict (kind, id) do update set claim = work_item.claim + 1, lease_until = excluded.lease_until
       returning id`,
    );
    const held = 'select from work_item where id = $1 and lease_until > clock_timestamp()';
    expect((await owner.query(held, [rows[0]?.id])).rowCount).toBe(1);
    await eventually(async () => expect(await strays()).toEqual([]));
    expect((await owner.query(held, [rows[0]?.id])).rowCount).toBe(1); // it may live
  });

  it('is a duty of somebody else then, too', async () => {
    const { owner } = stage.database;
    const pool = openPool({
      ...{ url: stage.database.workerUrl, role: roles.worker, applicationName: 'test' },
      ...{ connectionsMax: 1, onError: () => {} },
    });
    await owner.query(
      `insert into duty_lease (name, holder, expires_at) values ('any', 'gone', ${inAnHour})`,
    );
    const expiry = async () => {
      const { rows } = await owner.query<{ holder: string; seconds: number }>(
        `select holder, extract(epoch from expires_at - clock_timestamp())::float as seconds
         from duty_lease where name = 'any'`,
      );
      return rows[0];
    };
    expect(await takeDuty(pool, 'any', 'next', 15)).toBe(false);
    const left = await expiry();
    expect(left?.holder).toBe('gone');
    expect(left?.seconds).toBeLessThanOrEqual(15);
    expect(left?.seconds).toBeGreaterThan(0);
    expect(await takeDuty(pool, 'any', 'next', 15)).toBe(false);
    await owner.query("update duty_lease set expires_at = clock_timestamp() where name = 'any'");
    expect(await takeDuty(pool, 'any', 'next', 15)).toBe(true);
    expect((await expiry())?.holder).toBe('next');
    await pool.end();
  });
});

describe('pages', () => {
  it('show everything once, whenever it was made', async () => {
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: Page<View> = await stage.api.must('GET', `/v1/projects?limit=2${cursor}`);
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.next_cursor === null ? null : `&cursor=${page.next_cursor}`;
    }
    const { rows } = await stage.database.owner.query('select id from project where deleted_at is null');
    expect(new Set(seen).size).toBe(rows.length);
    expect(seen.length).toBe(rows.length);
  });
});
