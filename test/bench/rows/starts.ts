/** Cold start and memory of the API and the worker. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startSimulator } from '../../../packages/k8s-adapter/src/simulator/start-simulator.ts';
import { perSecond } from '../load/run-load.ts';
import type { Bench, Measurement, Row } from '../measurement.ts';
import { interleaved, plainRow } from '../rounds.ts';
import { createNumbers, httpCreates } from '../stage/creates.ts';
import { createNetwork } from '../stage/network.ts';
import { type BenchProcess, startProcess } from '../stage/process.ts';
import { onStage, type Stage, startApiProcess } from '../stage/stage.ts';
import { createTenants } from '../stage/tenants.ts';

const MEBIBYTE = 1_024 ** 2;
const CREATES = 10_000;

export const starts: Measurement = {
  rows: ['api-start', 'worker-start', 'api-memory', 'worker-memory', 'api-memory-after-10000'],
  isQuick: false,
  needs: 'simulator',
  measure: (bench) => onStage(bench, {}, (stage) => measure(bench, stage)),
};

async function measure(bench: Bench, stage: Stage): Promise<readonly Row[]> {
  const simulator = await startSimulator({
    port: 0,
    host: '127.0.0.1',
    controllerDelayMs: 20,
    log: () => {},
  });
  try {
    const kubeconfig = join(bench.directory, 'simulator.kubeconfig');
    await writeFile(kubeconfig, simulator.kubeconfig, { mode: 0o600 });
    const memory: Record<'api' | 'worker', number[]> = { api: [], worker: [] };
    const timed = (which: 'api' | 'worker', start: () => Promise<BenchProcess>) => async () => {
      const started = performance.now();
      const process = await start();
      if (which === 'api') await isReady(process);
      const milliseconds = performance.now() - started;
      memory[which].push((await process.residentBytes()) / MEBIBYTE);
      await process.stop();
      return milliseconds;
    };
    const { api, worker } = await interleaved(bench, 'ms', {
      api: timed('api', () => startApiProcess(bench, stage.database)),
      worker: timed('worker', () => startWorker(bench, stage, kubeconfig)),
    });
    return [
      plainRow('api-start', 'ms to readyz', api),
      plainRow('worker-start', 'ms to serving', worker),
      plainRow('api-memory', 'MiB resident', memory.api),
      plainRow('worker-memory', 'MiB resident', memory.worker),
      plainRow('api-memory-after-10000', 'MiB resident', [await memoryAfterCreates(bench, stage)]),
    ];
  } finally {
    await simulator.stop();
  }
}

/** Its first answer is that it can serve. */
async function isReady(process: BenchProcess): Promise<void> {
  const { status } = await fetch(`${process.ready.url}/readyz`);
  if (status !== 200) throw new Error(`/readyz answers ${status}`);
}

function startWorker(bench: Bench, { database }: Stage, kubeconfig: string): Promise<BenchProcess> {
  return startProcess({
    script: 'apps/worker/src/main.ts',
    directory: bench.directory,
    signal: bench.signal,
    environment: {
      ...{ DATABASE_URL: database.workerUrl, CLUSTER: 'bench', KUBECONFIG: kubeconfig, ADMIN_PORT: '0' },
    },
  });
}

async function memoryAfterCreates(bench: Bench, stage: Stage): Promise<number> {
  const [api] = stage.apis;
  if (api === undefined) throw new Error('a stage without an API');
  await createNetwork(stage, { name: 'bench', cidr: '100.64.0.0/16' });
  const tenants = await createTenants(stage, 'tenant', 8);
  const load = { tenants, concurrency: 32, extent: { requests: CREATES } };
  await perSecond(httpCreates(api, createNumbers(), load), bench.signal);
  return (await api.residentBytes()) / MEBIBYTE;
}
