import type { Fault } from '../fault.ts';
import { kill } from './kill.ts';

export const allFaults: readonly Fault[] = [kill];
