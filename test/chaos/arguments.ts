/** What the command line of the harness may say. */
import { parseArgs } from 'node:util';
import { type ClusterType, clusterTypes } from './stage/cluster.ts';

export interface ChaosArguments {
  readonly seed: number;
  readonly isLong: boolean;
  /** Steps per process and operation, where not all are tried. */
  readonly per: number;
  /** Names of faults; empty: all. */
  readonly only: readonly string[];
  readonly against: ClusterType;
  /** Cases to repeat; empty: those of the plan. */
  readonly cases: readonly string[];
  readonly lanes: number;
  readonly isList: boolean;
  /** Where the tally is written as JSON; empty: nowhere. */
  readonly resultsPath: string;
}

const LANES = { simulator: 6, cluster: 1 } as const;
const SEEDS = 2 ** 31;

/** @throws TypeError for what it does not know */
export function readArguments(argv: readonly string[]): ChaosArguments {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      seed: { type: 'string' },
      per: { type: 'string' },
      long: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      against: { type: 'string', default: 'simulator' },
      case: { type: 'string', multiple: true, default: [] },
      lanes: { type: 'string' },
      results: { type: 'string', default: '' },
      list: { type: 'boolean', default: false },
    },
  });
  const against = clusterTypes.find((type) => type === values.against);
  if (against === undefined) throw new TypeError(`--against ${clusterTypes.join(' or ')}`);
  return {
    seed: wholeNumber('seed', values.seed) ?? Math.floor(Math.random() * SEEDS),
    isLong: values.long,
    per: wholeNumber('per', values.per) ?? 1,
    only: values.only,
    against,
    cases: values.case,
    lanes: wholeNumber('lanes', values.lanes) ?? LANES[against],
    isList: values.list,
    resultsPath: values.results,
  };
}

function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0) throw new TypeError(`--${name} is a whole number`);
  return number;
}
