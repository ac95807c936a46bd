/**
 * A worker of a large cluster (simulated): its start, a full resync, the repair of one drift among them. The multitude
 * is cloned (clone.ts); that the worker writes nothing at its start proves that the clones are true.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseId } from '@netplane/domain';
import { kubeTypes } from '@netplane/k8s-adapter';
import type { EipView, ProjectView, View } from '../../integration/support/views.ts';
import { median, rounded } from '../arithmetic.ts';
import type { Bench, Measurement, Row } from '../measurement.ts';
import { type BenchProcess, startProcess } from '../stage/process.ts';
import { cloneMould, type Mould, type Multitude } from './clone.ts';
import { onStand, requestsOf, type Stand, startSimulatedCluster } from './stand.ts';

const rowNames = ['restart-time', 'restart-memory', 'resync-time', 'resync-memory', 'drift-repair'] as const;
const FULL: Multitude = { projects: 1_000, eipsPerProject: 99 };
const QUICK: Multitude = { projects: 10, eipsPerProject: 99 };
const LIMIT_MS = 300_000;
const POLL_MS = 100;
const MEBIBYTE = 1_048_576;
const DRIFTS = 5;

export const workerAtScale: Measurement = {
  rows: rowNames,
  isQuick: false,
  needs: 'simulator',
  measure: (bench) => measureScale(bench, bench.isQuick ? QUICK : FULL),
};

async function measureScale(bench: Bench, multitude: Multitude): Promise<readonly Row[]> {
  let simulator = await startSimulatedCluster(bench);
  const cluster = { ...simulator, stop: () => simulator.stop() };
  return onStand(bench, cluster, {}, async (stand) => {
    const mould = await makeMould(stand);
    for (const worker of stand.stack.workers) await worker.stop();
    await simulator.stop();
    const began = performance.now();
    await cloneMould(stand.stack.database.owner, simulator.directory, mould, multitude);
    bench.say(`cloned in ${rounded((performance.now() - began) / 1_000)} s`);
    simulator = await startSimulatedCluster(bench, simulator.directory);
    return measureWorker(bench, stand);
  });
}

async function makeMould({ stack: { client }, organizationId }: Stand): Promise<Mould> {
  const [cluster] = (await client.must<{ items: readonly View[] }>('GET', '/v1/clusters')).items;
  const network = await client.must<View>('POST', '/v1/external-networks', {
    body: {
      cluster_id: cluster?.id,
      name: 'ext-large',
      type: 'cloud',
      cidr: '100.96.0.0/14',
      gateway: '100.96.0.1',
      vlan_id: 4_014,
      provider_network: 'ext-cloud',
    },
  });
  const range = await client.must<View>('POST', '/v1/ip-ranges', {
    body: { external_network_id: network.id, first: '100.96.0.11', last: '100.97.255.254' },
  });
  const waiting = await client.must<View>('GET', `/v1/ip-ranges/${range.id}?wait_for=ready&timeout=60`);
  if (waiting.status.phase !== 'ready') throw new Error(`the range is ${waiting.status.phase}`);
  const headers = { prefer: 'wait=60' };
  const project = await client.must<ProjectView>('POST', '/v1/projects', {
    body: {
      organization_id: organizationId,
      name: 'the-mould',
      cidr: '10.64.0.0/28',
      egress_network: network.id,
    },
    headers,
  });
  const eip = await client.must<EipView>('POST', '/v1/eips', {
    body: { project_id: project.id, name: 'the-mould-eip', network: network.id },
    headers,
  });
  if (project.status.phase !== 'ready' || eip.status.phase !== 'ready')
    throw new Error('the mould is not ready');
  return { project: parseId('project', project.id) ?? '', eip: parseId('eip', eip.id) ?? '' };
}

async function measureWorker(bench: Bench, stand: Stand): Promise<readonly Row[]> {
  const { database } = stand.stack;
  const before = await stateOf(stand);
  const began = performance.now();
  const worker = await startProcess({
    script: 'apps/worker/src/main.ts',
    environment: {
      DATABASE_URL: database.workerUrl,
      KUBECONFIG: stand.kubeconfigPath,
      ADMIN_PORT: '0',
      LOG_LEVEL: 'warn',
      RESYNC_SECONDS: bench.isQuick ? '5' : '60',
    },
    directory: bench.directory,
    signal: bench.signal,
  });
  try {
    const restart = await watchMemory(worker, () => allLookedAt(stand, worker, 1));
    const restartSeconds = (performance.now() - began) / 1_000;
    if ((await stateOf(stand)) !== before) throw new Error('the clones are not as a worker leaves them');
    const first = await comparisonsOf(worker);
    const resync = await watchMemory(worker, () => allLookedAt(stand, worker, first.count + 1));
    const last = await comparisonsOf(worker);
    const drift = await repairDrifts(bench, stand);
    return [
      row('restart-time', restartSeconds, 's'),
      row('restart-memory', restart / MEBIBYTE, 'MiB, most resident'),
      row(
        'resync-time',
        (last.seconds - first.seconds) / (last.count - first.count),
        's to compare all EIPs',
      ),
      row('resync-memory', resync / MEBIBYTE, 'MiB, most resident'),
      row('drift-repair', drift, 's'),
    ];
  } finally {
    await worker.stop();
  }
}

function row(name: (typeof rowNames)[number], value: number, unit: string): Row {
  return { name, value: rounded(value), unit, against: null, ratio: null };
}

/** What changes when a worker writes anything. */
async function stateOf({ stack }: Stand): Promise<string> {
  const { rows } = await stack.database.owner.query(
    `select (select count(*) from cluster_object) as objects, (select max(id) from cluster_object) as last,
       (select max(status_updated_at) from eip) as eips, (select max(status_updated_at) from project) as projects,
       (select count(*) from invariant_difference) as differences`,
  );
  return JSON.stringify(rows[0]);
}

async function watchMemory(worker: BenchProcess, act: () => Promise<void>): Promise<number> {
  let most = 0;
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      most = Math.max(most, await worker.residentBytes());
      await sleep(POLL_MS);
    }
  })();
  try {
    await act();
  } finally {
    isOver = true;
    await watching;
  }
  return most;
}

/** So many comparisons are over, and nothing is due or being worked on. */
async function allLookedAt({ stack }: Stand, worker: BenchProcess, comparisons: number): Promise<void> {
  await until(async () => {
    if ((await comparisonsOf(worker)).count < comparisons) return false;
    const { rows } = await stack.database.owner.query('select from work_item limit 1');
    return rows.length === 0;
  });
}

async function comparisonsOf({ ready }: BenchProcess) {
  const text = await (await fetch(`${ready.adminUrl}/metrics`)).text();
  const value = (name: string) =>
    Number(new RegExp(`^netplane_comparison_seconds_${name} (.*)$`, 'm').exec(text)?.[1]);
  return { count: value('count') || 0, seconds: value('sum') || 0 };
}

/** Seconds from the deletion of an EIP's object by hand until the row is ready with another one. */
async function repairDrifts(bench: Bench, { stack, client, kubeconfigPath }: Stand): Promise<number> {
  const { rows } = await stack.database.owner.query<{ owner_id: string; name: string; uid: string }>(
    `select owner_id, name, uid from cluster_object
     where owner_kind = 'eip' and gone_at is null order by id desc limit ${DRIFTS}`,
  );
  const requests = total(await requestsOf(kubeconfigPath));
  const times: number[] = [];
  for (const { owner_id: id, name, uid } of rows) {
    const ref = { namespace: null, name };
    await client.mergePatch(kubeTypes.OvnEip, ref, { metadata: { finalizers: [] } });
    const began = performance.now();
    await client.delete(kubeTypes.OvnEip, ref, uid);
    await until(async () => {
      const found = await stack.database.owner.query(
        `select from eip e join cluster_object o on o.owner_id = e.id and o.gone_at is null
         where e.id = $1 and e.phase = 'ready' and o.uid <> $2`,
        [id, uid],
      );
      return found.rows.length === 1;
    });
    times.push((performance.now() - began) / 1_000);
  }
  const each = (total(await requestsOf(kubeconfigPath)) - requests) / rows.length;
  bench.say(`drift-repair: ${rounded(each)} requests each, two of them ours`);
  return median(times);
}

function total(requests: Readonly<Record<string, number>>): number {
  return Object.values(requests).reduce((sum, count) => sum + count, 0);
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (const deadline = performance.now() + LIMIT_MS; performance.now() < deadline; ) {
    if (await isSo()) return;
    await sleep(POLL_MS);
  }
  throw new Error(`not so after ${LIMIT_MS / 1_000} s`);
}
