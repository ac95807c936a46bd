/** Callers at work while something breaks: they create, change and delete, and ask again where nobody answers. */
import { setTimeout as sleep } from 'node:timers/promises';
import { eipBody } from '../support/builders/eip.builder.ts';
import { projectBody } from '../support/builders/project.builder.ts';
import type { Request, View } from './client.ts';
import type { Lane } from './stage/lane.ts';

export interface Traffic {
  /** Requests that were answered by now. */
  readonly answered: number;
  /** Lets every caller finish what it asked for. @throws Error when one of them was refused */
  stop(): Promise<void>;
}

export interface TrafficOptions {
  readonly callers: number;
  readonly pauseMs: number;
}

/** Each caller makes project after project: of three, one stays, one is changed, one goes again. */
export function startTraffic(lane: Lane, { callers, pauseMs }: TrafficOptions): Traffic {
  const ending = new AbortController();
  const state = { answered: 0 };

  async function ask(request: Request): Promise<View> {
    const view = await lane.client.must(request);
    state.answered += 1;
    await sleep(pauseMs, undefined, { signal: ending.signal }).catch(() => {});
    return view;
  }

  async function makeOne(round: number): Promise<void> {
    const project = await ask(create('project', projectBody(lane.world.organizationId)));
    const network = round % 2 === 0 ? 'cloud' : 'public';
    const eip = await ask(create('eip', eipBody(project.id, { network })));
    if (round % 3 === 1)
      await ask({ kind: 'eip', verb: 'update', id: eip.id, body: { labels: { round: String(round) } } });
    if (round % 3 !== 2) return;
    await ask({ kind: 'eip', verb: 'delete', id: eip.id });
    await ask({ kind: 'project', verb: 'delete', id: project.id });
  }

  async function work(caller: number): Promise<void> {
    for (let round = caller; !ending.signal.aborted; round += 1) await makeOne(round);
  }

  const working = Promise.all(Array.from({ length: callers }, (_, caller) => work(caller)));
  working.catch(() => {}); // heard at stop
  return {
    get answered() {
      return state.answered;
    },
    async stop() {
      ending.abort();
      await working;
    },
  };
}

function create(kind: Request['kind'], body: object): Request {
  return { kind, verb: 'create', body };
}
