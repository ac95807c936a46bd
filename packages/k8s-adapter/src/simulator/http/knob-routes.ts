import { badRequest } from '../api/api-error.ts';
import { type Fault, verbs } from '../faults.ts';
import { isMap, type JsonMap } from '../json.ts';
import type { Knobs } from '../knobs.ts';

/**
 * Knobs over HTTP: POST `/simulator/<knob>` with a JSON body, GET `/simulator/ledger`. Answers JSON.
 *
 *   controllers        {"running": false} or {"delayMs": 500}
 *   settled            answers when the controllers have nothing left to do
 *   faults             {"verb","kind","name","count","status","reason","retryAfterSeconds","delayMs","dropConnection"}
 *   faults/clear
 *   watches/close      watches/silence {"on": true}      watches/expire {"count": 1}
 *   lose-objects       change-identity       ledger/reset
 */
export async function turnKnob(knobs: Knobs, knob: string, body: unknown): Promise<JsonMap> {
  const input = body === undefined ? {} : body;
  if (!isMap(input)) throw badRequest('a knob takes a JSON object');
  const turn = turns[knob];
  if (turn === undefined)
    throw badRequest(`there is no knob ${knob}; there are ${Object.keys(turns).join(', ')}`);
  return (await turn(knobs, input)) ?? {};
}

type Turn = (knobs: Knobs, input: JsonMap) => JsonMap | undefined | Promise<JsonMap | undefined>;

const turns: Readonly<Record<string, Turn>> = {
  controllers: (knobs, { running, delayMs }) => {
    if (typeof delayMs === 'number') knobs.setControllerDelay(delayMs);
    if (running === true) knobs.startControllers();
    if (running === false) knobs.stopControllers();
    return undefined;
  },
  settled: async (knobs) => {
    await knobs.settled();
    return undefined;
  },
  faults: (knobs, input) => {
    knobs.failNext(faultOf(input));
    return undefined;
  },
  'faults/clear': (knobs) => {
    knobs.clearFaults();
    return undefined;
  },
  'watches/close': (knobs) => {
    knobs.closeWatches();
    return undefined;
  },
  'watches/silence': (knobs, { on }) => {
    knobs.silenceWatches(on !== false);
    return undefined;
  },
  'watches/expire': (knobs, { count }) => {
    knobs.expireWatches(typeof count === 'number' ? count : 1);
    return undefined;
  },
  'lose-objects': (knobs) => {
    knobs.loseObjects();
    return undefined;
  },
  'change-identity': (knobs) => ({ uid: knobs.changeIdentity() }),
  ledger: (knobs) => ({ ...knobs.readLedger() }),
  'ledger/reset': (knobs) => {
    knobs.resetLedger();
    return undefined;
  },
};

const FAULT_FIELDS: Readonly<Record<keyof Fault, 'string' | 'number'>> = {
  verb: 'string',
  kind: 'string',
  name: 'string',
  count: 'number',
  status: 'number',
  reason: 'string',
  retryAfterSeconds: 'number',
  delayMs: 'number',
  dropConnection: 'string',
};

function faultOf(input: JsonMap): Fault {
  for (const [key, value] of Object.entries(input)) {
    const type = Object.hasOwn(FAULT_FIELDS, key) ? FAULT_FIELDS[key as keyof Fault] : undefined; // hasOwn has decided
    if (typeof value !== type) throw badRequest(`a fault has no ${key} of type ${typeof value}`);
  }
  if (input.verb !== undefined && !verbs.some((verb) => verb === input.verb)) {
    throw badRequest(`verb is one of ${verbs.join(', ')}`);
  }
  if (input.dropConnection !== undefined && !['before', 'after'].includes(String(input.dropConnection))) {
    throw badRequest('dropConnection is before or after');
  }
  return input; // every field was just looked at
}
