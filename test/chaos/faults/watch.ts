/** The watches of the cluster end, go silent, or are told that what they ask for has expired. */
import { kubeTypes } from '@netplane/k8s-adapter';
import type { ChaosCluster } from '../stage/cluster.ts';
import type { Behaviour } from '../stage/http-proxy.ts';
import type { Lane } from '../stage/lane.ts';
import { disturbanceCase, type Heal } from './disturbance.ts';
import { fixedFault } from './fixed-cases.ts';

const SHORT_SECONDS = 6;
/** The watchdog of the worker waits for 90 s; nobody helps it. */
const SILENCE_SECONDS = 100;

async function closing({ workers }: Lane): Promise<Heal> {
  const timer = setInterval(() => {
    for (const { apiServer } of workers) apiServer.closeWatches();
  }, 700);
  return async () => {
    clearInterval(timer);
    return 1;
  };
}

/** @param helped whether the connections end with the fault, as when the network comes back */
async function silent({ workers, cluster }: Lane, helped: boolean): Promise<Heal> {
  const silenced = workers.map(({ apiServer }) => apiServer.silenceWatches());
  await changeByHand(cluster);
  return async () => {
    if (helped) for (const { apiServer } of workers) apiServer.closeWatches();
    return silenced.reduce((sum, count) => sum + count, 0);
  };
}

async function expired({ workers }: Lane): Promise<Heal> {
  const gone: Behaviour = { do: 'answer', status: 410, reason: 'Expired' };
  const before = workers.map(({ apiServer }) => apiServer.disturbed);
  for (const { apiServer } of workers) {
    apiServer.behave(({ isWatch }) => (isWatch ? gone : { do: 'pass' }));
    apiServer.closeWatches();
  }
  return async () => {
    for (const { apiServer } of workers) apiServer.behave(undefined);
    return workers.reduce((sum, { apiServer }, index) => sum + apiServer.disturbed - (before[index] ?? 0), 0);
  };
}

/** What nobody hears of while the watches are silent. */
async function changeByHand({ stranger }: ChaosCluster): Promise<void> {
  const network = { namespace: null, name: 'ext-cloud' };
  await stranger.mergePatch(kubeTypes.Subnet, network, { spec: { excludeIps: ['100.65.0.1'] } });
}

async function networkIsRepaired({ cluster }: Lane): Promise<string | undefined> {
  const subnet = await cluster.stranger.get(kubeTypes.Subnet, { namespace: null, name: 'ext-cloud' });
  const { excludeIps = [] } = (subnet?.spec ?? {}) as { excludeIps?: readonly string[] }; // by its CRD
  return excludeIps.length > 1 ? undefined : 'the Subnet ext-cloud is as a stranger left it';
}

export const watch = fixedFault({
  name: 'watch',
  against: ['simulator', 'cluster'],
  list: ({ isLong }) => [
    disturbanceCase({ id: 'watch:closing', seconds: SHORT_SECONDS, strike: closing }),
    disturbanceCase({ id: 'watch:answers-410', seconds: SHORT_SECONDS, strike: expired }),
    disturbanceCase({
      id: 'watch:silent',
      seconds: SHORT_SECONDS,
      strike: (lane) => silent(lane, true),
      obstacle: networkIsRepaired,
    }),
    ...(isLong
      ? [
          disturbanceCase({
            id: 'watch:silent-until-the-watchdog-barks',
            seconds: SILENCE_SECONDS,
            pauseMs: 5_000,
            strike: (lane) => silent(lane, false),
            obstacle: networkIsRepaired,
          }),
        ]
      : []),
  ],
});
