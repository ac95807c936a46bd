/**
 * `npm run check`, `npm test`, `npm run test:long`, `test:chaos`, `test:fuzz`, `test:cluster` and, all of them, `.ci/run`. The last
 * line is `N passed, N failed`; the exit code is 0 only when nothing failed and something ran.
 */
import { runChaos, runChecks, runClusterTests, runFuzzTests, runLongTests, runTests } from './suites.ts';
import { add, nothing, type Tally } from './tally.ts';

/** The same sample every time: a change is judged by what it changes. Other seeds are tried by hand. */
const CI_CHAOS = ['--seed', '7'] as const;

const commands: Readonly<Record<string, readonly (() => Promise<Tally>)[]>> = {
  check: [runChecks],
  test: [runChecks, runTests],
  long: [runLongTests],
  chaos: [() => runChaos(process.argv.slice(3))],
  fuzz: [() => runFuzzTests(process.argv.slice(3))],
  cluster: [runClusterTests],
  ci: [runChecks, runTests, runLongTests, () => runChaos(CI_CHAOS), () => runFuzzTests([]), runClusterTests],
};

const name = process.argv[2] ?? '';
const suites = commands[name];
if (suites === undefined) throw new TypeError(`one of ${Object.keys(commands).join(', ')}, not "${name}"`);

let tally = nothing;
for (const suite of suites) tally = add(tally, await suite());
console.log(`${tally.passed} passed, ${tally.failed} failed`);
process.exitCode = tally.failed === 0 && tally.passed > 0 ? 0 : 1;
