import type { Fault } from '../fault.ts';
import { apiServer } from './api-server.ts';
import { controllers } from './controllers.ts';
import { kill } from './kill.ts';
import { postgres } from './postgres.ts';
import { watch } from './watch.ts';

/** In the order in which they are tried. */
export const allFaults: readonly Fault[] = [kill, apiServer, watch, controllers, postgres];
