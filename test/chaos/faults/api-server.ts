/** The API server is away, refuses, or is slow. Requests of the worker pass a proxy that does so. */
import type { Behaviour, RequestInfo } from '../stage/http-proxy.ts';
import type { Lane } from '../stage/lane.ts';
import { disturbanceCase } from './disturbance.ts';
import { fixedFault } from './fixed-cases.ts';

const pass: Behaviour = { do: 'pass' };

/** Every other request: the one after it tells what a retry finds. */
function everyOther(behaviour: Behaviour, matches: (request: RequestInfo) => boolean) {
  let count = 0;
  return (request: RequestInfo): Behaviour => {
    if (request.isWatch || !matches(request)) return pass;
    count += 1;
    return count % 2 === 1 ? behaviour : pass;
  };
}

const writes = ({ method }: RequestInfo) => method !== 'GET';
const all = () => true;

const behaviours = {
  unreachable: () => (): Behaviour => ({ do: 'cut' }),
  'answers-409': () => everyOther({ do: 'answer', status: 409, reason: 'Conflict' }, writes),
  'answers-429': () =>
    everyOther({ do: 'answer', status: 429, reason: 'TooManyRequests', retryAfterSeconds: 2 }, all),
  'answers-500': () => everyOther({ do: 'answer', status: 500, reason: 'InternalError' }, all),
  slow: () => (): Behaviour => ({ do: 'delay', milliseconds: 1_500 }),
  /** Longer than a call may take: the request is done, its answer comes too late. */
  'slower-than-a-call-may-take': () => everyOther({ do: 'delay', milliseconds: 6_000 }, writes),
} as const satisfies Record<string, () => (request: RequestInfo) => Behaviour>;

const LONG_SECONDS = 60;
const SHORT_SECONDS = 8;
/** Said of the real control plane only as "unreachable for a minute". */
const onCluster: readonly string[] = ['unreachable'];

export const apiServer = fixedFault({
  name: 'api-server',
  against: ['simulator', 'cluster'],
  list: ({ isLong, against }) =>
    Object.entries(behaviours)
      .filter(([name]) => against === 'simulator' || onCluster.includes(name))
      .map(([name, behave]) =>
        disturbanceCase({
          id: `api-server:${name}`,
          seconds: isLong || against === 'cluster' ? LONG_SECONDS : SHORT_SECONDS,
          strike: (lane) => strike(lane, behave),
        }),
      ),
});

async function strike({ workers }: Lane, behave: () => (request: RequestInfo) => Behaviour) {
  const before = workers.map(({ apiServer: proxy }) => proxy.disturbed);
  for (const { apiServer: proxy } of workers) {
    proxy.behave(behave());
    if (behave === behaviours.unreachable) proxy.dropAll();
  }
  return async () => {
    for (const { apiServer: proxy } of workers) proxy.behave(undefined);
    return workers.reduce(
      (sum, { apiServer: proxy }, index) => sum + proxy.disturbed - (before[index] ?? 0),
      0,
    );
  };
}
