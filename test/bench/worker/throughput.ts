/**
 * Objects that the worker reconciles per second against bare server-side apply of the same objects, at the same
 * concurrency and by the same user, on a cluster whose controllers stand still: what Kube-OVN does with an object
 * afterwards is the same for both, and twenty times the work.
 *
 * Reconciled is an EIP whose object was made, recorded by its uid and reported: everything that a first pass does.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { kubeTypes } from '@netplane/k8s-adapter';
import { workerSettings } from '../../../apps/worker/src/config.ts';
import type { View } from '../../integration/support/views.ts';
import type { Bench, Measurement } from '../measurement.ts';
import { comparedRow, interleaved } from '../rounds.ts';
import { bareEip } from './bare-eips.ts';
import { sideBySide } from './side-by-side.ts';
import { onSimulatedStand, type Stand } from './stand.ts';

const CONCURRENCY = Number(workerSettings.WORKER_CONCURRENCY.default);
const UNIT = 'objects/s';
/** Looking costs the database milliseconds, which are taken from the worker alone. */
const POLL_MS = 50;
const LIMIT_MS = 120_000;

export const workerVersusApplySimulated: Measurement = {
  rows: ['worker-vs-apply-simulator'],
  isQuick: false,
  needs: 'simulator',
  measure: (bench) =>
    onSimulatedStand(bench, {}, async (stand) => [
      await compareThroughput(bench, stand, 'worker-vs-apply-simulator', bench.isQuick ? 150 : 600),
    ]),
};

const OBJECTS = 500;

/** Last on its stand, since no controller moves afterwards. */
export async function compareThroughput(bench: Bench, stand: Stand, name: string, count = OBJECTS) {
  const { id } = await stand.stack.client.must<View>('POST', '/v1/projects', {
    body: { organization_id: stand.organizationId, name },
    headers: { prefer: 'wait=60' },
  });
  await stand.stopControllers();
  let round = 0;
  let made = 0;
  async function worker(): Promise<number> {
    round += 1;
    return workerRate(stand, { project: id, round, count });
  }
  async function bareApply(): Promise<number> {
    made += count;
    return applyRate(stand, made - count, count);
  }
  await worker();
  await bareApply();
  // what autovacuum does within a minute: plans that were made for empty tables read the whole of them
  await stand.stack.database.owner.query('analyze');
  const sides = await interleaved(bench, UNIT, { worker, 'bare apply': bareApply });
  return comparedRow(name, UNIT, sides.worker, {
    name: `bare server-side apply of the same objects, ${CONCURRENCY} at once`,
    values: sides['bare apply'],
  });
}

async function workerRate(
  { stack }: Stand,
  { project, round, count }: { readonly project: string; readonly round: number; readonly count: number },
): Promise<number> {
  const [worker] = stack.workers;
  if (worker === undefined) throw new Error('no worker runs');
  process.kill(worker.pid, 'SIGSTOP');
  try {
    await sideBySide(count, CONCURRENCY, (number) =>
      stack.client.must('POST', '/v1/eips', {
        body: { project_id: project, name: `e${round}-${number}`, network: 'cloud' },
      }),
    );
  } finally {
    process.kill(worker.pid, 'SIGCONT');
  }
  const began = performance.now();
  await until(async () => {
    const { rows } = await stack.database.owner.query(
      `select from eip e where e.phase = 'pending' or not exists (
         select from cluster_object o where o.owner_id = e.id and o.uid is not null) limit 1`,
    );
    return rows.length === 0;
  });
  const seconds = (performance.now() - began) / 1_000;
  // they wait for controllers that stand still: the other side is to have the machine for itself
  await stack.database.owner.query(`update work_item set run_at = clock_timestamp() + interval '1 hour'`);
  return count / seconds;
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (const deadline = performance.now() + LIMIT_MS; performance.now() < deadline; ) {
    if (await isSo()) return;
    await sleep(POLL_MS);
  }
  throw new Error(`the worker was not done after ${LIMIT_MS / 1_000} s`);
}

async function applyRate({ client }: Stand, first: number, count: number): Promise<number> {
  const objects = Array.from({ length: count }, (_, number) => bareEip(first + number));
  const began = performance.now();
  await sideBySide(count, CONCURRENCY, async (number) => {
    const object = objects[number];
    if (object !== undefined) await client.apply(kubeTypes.OvnEip, object);
  });
  return count / ((performance.now() - began) / 1_000);
}
