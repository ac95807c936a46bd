import type { Fault } from '../fault.ts';
import { apiServer } from './api-server.ts';
import { byHand } from './by-hand.ts';
import { clock } from './clock.ts';
import { controllers } from './controllers.ts';
import { diskFull } from './disk-full.ts';
import { foreign } from './foreign.ts';
import { freeze } from './freeze.ts';
import { kill } from './kill.ts';
import { pause } from './pause.ts';
import { postgres } from './postgres.ts';
import { watch } from './watch.ts';

/** In the order in which they are tried. */
export const allFaults: readonly Fault[] = [
  kill,
  freeze,
  pause,
  apiServer,
  watch,
  controllers,
  byHand,
  foreign,
  postgres,
  clock,
  diskFull,
];
