/** Creates where 1 %, 50 % and 95 % of a network's addresses are taken. */
import { perSecond } from '../load/run-load.ts';
import type { Bench, Measurement, Row } from '../measurement.ts';
import { comparedRow, interleaved, plainRow } from '../rounds.ts';
import { createNumbers, httpCreates } from '../stage/creates.ts';
import { createNetwork, giveBack } from '../stage/network.ts';
import { onStage, type Stage } from '../stage/stage.ts';
import { createTenants } from '../stage/tenants.ts';

const TENANTS = 64;
const CONCURRENCY = 32;
const UNIT = 'creates/s';
/** Few enough that a /16 is hardly fuller at the end of a round: 1,000 of 65,519 are 1.5 %. */
const CREATES = 1_000;

const fills = { 1: 0.01, 50: 0.5, 95: 0.95 } as const;
type Percent = keyof typeof fills;

/** Where the networks lie, one for each fill; a /12 is loaded within seconds, too. */
const fill16: Measurement = {
  rows: ['fill-1', 'fill-50', 'fill-95', 'fill-95-vs-1'],
  isQuick: true,
  needs: 'database',
  measure: (bench) =>
    onStage(bench, {}, (stage) =>
      measure(bench, stage, 'fill', { 1: '100.64.0.0/16', 50: '100.65.0.0/16', 95: '100.66.0.0/16' }),
    ),
};

const fill12: Measurement = {
  rows: ['fill-12-1', 'fill-12-50', 'fill-12-95', 'fill-12-95-vs-1'],
  isQuick: false,
  needs: 'database',
  measure: (bench) =>
    onStage(bench, {}, (stage) =>
      measure(bench, stage, 'fill-12', { 1: '100.0.0.0/12', 50: '100.16.0.0/12', 95: '100.32.0.0/12' }),
    ),
};

export const fillMeasurements: readonly Measurement[] = [fill16, fill12];

async function measure(
  bench: Bench,
  stage: Stage,
  name: string,
  cidrs: Readonly<Record<Percent, string>>,
): Promise<readonly Row[]> {
  const [api] = stage.apis;
  if (api === undefined) throw new Error('a stage without an API');
  // tenants' gateway EIPs come from the oldest network
  await createNetwork(stage, { name: 'gateways', cidr: '100.48.0.0/16' });
  const tenants = await createTenants(stage, 'tenant', TENANTS);
  const numbers = createNumbers();
  const sideOf = async (percent: Percent) => {
    const network = await createNetwork(stage, {
      ...{ name: `full-${percent}`, cidr: cidrs[percent], taken: fills[percent] },
    });
    bench.say(`${network.size} addresses, ${percent} % taken`);
    const extent = { requests: CREATES };
    const load = { tenants, concurrency: CONCURRENCY, extent, network: network.id };
    return async () => {
      const rate = await perSecond(httpCreates(api, numbers, load), bench.signal);
      await giveBack(stage, network, CREATES);
      return rate;
    };
  };
  const sides = { empty: await sideOf(1), half: await sideOf(50), full: await sideOf(95) };
  for (const warmUp of Object.values(sides)) await warmUp();
  const { empty, half, full } = await interleaved(bench, UNIT, sides);
  return [
    plainRow(`${name}-1`, UNIT, empty),
    plainRow(`${name}-50`, UNIT, half),
    plainRow(`${name}-95`, UNIT, full),
    comparedRow(`${name}-95-vs-1`, UNIT, full, { name: '1 % taken', values: empty }),
  ];
}
