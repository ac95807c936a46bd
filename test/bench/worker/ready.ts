/**
 * Accepted → ready through the whole of Netplane against the same objects written directly to the real control plane, in
 * the same order and with the same waits, by watch. Both are times: the lower the ratio, the better.
 */

import type { View } from '../../integration/support/views.ts';
import { uniqueName } from '../../support/builders/unique-name.ts';
import { median } from '../arithmetic.ts';
import type { Bench, Measurement, Row } from '../measurement.ts';
import { comparedRow, interleaved } from '../rounds.ts';
import { bareEip } from './bare-eips.ts';
import { type DirectDriver, directDriver } from './direct.ts';
import { onRealStand, type Stand } from './stand.ts';
import { compareThroughput } from './throughput.ts';

/** Processes and connections that have just been started compile their code and plan their statements meanwhile. */
const EIPS_BEFORE = 40;
const EIPS_PER_ROUND = 10;
const PROJECTS_PER_ROUND = 3;
const UNIT = 'ms';
const AGAINST = 'the same objects applied directly, by watch';
/** Above what the throughput's comparison uses. */
const FIRST_BARE_EIP = 12_000;

/** One control plane for all of them. */
export const onControlPlane: Measurement = {
  rows: ['eip-ready-vs-direct', 'project-ready-vs-direct', 'worker-vs-apply'],
  isQuick: false,
  needs: 'control-plane',
  measure: (bench) =>
    onRealStand(bench, async (stand) => {
      const rows: Row[] = [];
      const direct = await directDriver(stand, bench.signal);
      try {
        if (bench.wants('eip-ready-vs-direct')) rows.push(await compareEips(bench, stand, direct));
        if (bench.wants('project-ready-vs-direct')) rows.push(await compareProjects(bench, stand, direct));
      } finally {
        direct.close();
      }
      if (bench.wants('worker-vs-apply')) rows.push(await compareThroughput(bench, stand, 'worker-vs-apply'));
      return rows;
    }),
};

async function compareEips(
  bench: Bench,
  { stack, organizationId }: Stand,
  direct: DirectDriver,
): Promise<Row> {
  const project = await stack.client.must<View>('POST', '/v1/projects', {
    body: { organization_id: organizationId, name: uniqueName('project') },
    headers: { prefer: 'wait=60' },
  });
  let made = FIRST_BARE_EIP;
  const body = () => ({ project_id: project.id, name: uniqueName('eip'), network: 'cloud' });
  const throughNetplane = () => untilReady(stack, '/v1/eips', body());
  const applied = async () => {
    made += 1;
    await direct.makeEip(bareEip(made));
  };
  bench.say(`before the rounds, ${EIPS_BEFORE} of each side`);
  await medianTime(EIPS_BEFORE, throughNetplane);
  await medianTime(EIPS_BEFORE, applied);
  const sides = await interleaved(bench, UNIT, {
    netplane: () => medianTime(EIPS_PER_ROUND, throughNetplane),
    direct: () => medianTime(EIPS_PER_ROUND, applied),
  });
  return comparedRow('eip-ready-vs-direct', UNIT, sides.netplane, { name: AGAINST, values: sides.direct });
}

async function compareProjects(
  bench: Bench,
  { stack, organizationId }: Stand,
  direct: DirectDriver,
): Promise<Row> {
  const body = () => ({ organization_id: organizationId, name: uniqueName('project') });
  const sides = await interleaved(bench, UNIT, {
    netplane: () => medianTime(PROJECTS_PER_ROUND, () => untilReady(stack, '/v1/projects', body())),
    direct: () => medianTime(PROJECTS_PER_ROUND, () => direct.makeProject()),
  });
  return comparedRow('project-ready-vs-direct', UNIT, sides.netplane, {
    name: AGAINST,
    values: sides.direct,
  });
}

async function untilReady(stack: Stand['stack'], path: string, body: object): Promise<void> {
  const headers = { prefer: 'wait=60' };
  const { status } = await stack.client.must<View>('POST', path, { body, headers });
  if (status.phase !== 'ready') throw new Error(`${path} is ${status.phase}: ${status.message}`);
}

async function medianTime(count: number, act: () => Promise<void>): Promise<number> {
  const times: number[] = [];
  for (let number = 0; number < count; number += 1) {
    const began = performance.now();
    await act();
    times.push(performance.now() - began);
  }
  return median(times);
}
