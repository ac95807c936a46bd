/**
 * `npm run test:chaos`: breaks a running Netplane in every way that it has to survive, and looks at what is left.
 *
 *   --seed N        chooses the cases of the short run; printed, so that a run can be repeated
 *   --long          every case, not a sample
 *   --per N         in a sample: steps of each process and operation; 1 if not said
 *   --only FAULT    this fault only; may be said more than once
 *   --case ID       this case only, exactly; may be said more than once
 *   --against simulator|cluster
 *   --lanes N       cases that run side by side
 *   --list          names the cases and ends
 *   --results FILE  writes the tally as JSON, for the runner
 *
 * The last line, which the runner prints, is `N passed, N failed`; the exit code is 0 only when nothing failed and
 * something ran.
 */
import { writeFileSync } from 'node:fs';
import { readArguments } from './arguments.ts';
import type { ChaosCase, Fault, Planning } from './fault.ts';
import { allFaults } from './faults/all-faults.ts';
import { createRecorder } from './faults/recording.ts';
import { addFigures, describeFigures, type Figures, noFigures } from './figures.ts';
import { createLanePool } from './lane-pool.ts';
import { type CaseResult, runCase } from './run-case.ts';
import { startRealCluster } from './stage/real-cluster.ts';
import { openStage } from './stage/stage.ts';

const options = readArguments(process.argv.slice(2));
const { seed, isLong, per, against } = options;
console.log(`chaos: seed ${seed}, ${isLong ? 'every case' : 'a sample'}, against the ${against}`);

const stage = await openStage(against === 'cluster' ? { openCluster: startRealCluster } : {});
const results: CaseResult[] = [];
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void stage.stop({ keepLogs: true }).finally(() => process.exit(1)));
}
try {
  const pool = createLanePool(stage, options.lanes);
  const planning: Planning = { recorder: createRecorder(pool, isLong ? 2 : 1), against, isLong, per, seed };
  const cases = options.cases.length > 0 ? namedCases(planning) : await plannedCases(planning);
  if (options.isList) for (const { id } of cases) console.log(id);
  else await Promise.all(cases.map(async (each) => report(await runCase(pool, each))));
} catch (error) {
  console.error(error);
  results.push({ id: 'plan:', verdict: 'failed', message: String(error), figures: noFigures });
} finally {
  await stage.stop({ keepLogs: results.some(({ verdict }) => verdict === 'failed') });
}
summarise();

function faults(): readonly Fault[] {
  const unknown = options.only.filter((name) => allFaults.every((fault) => fault.name !== name));
  if (unknown.length > 0) throw new TypeError(`no fault ${unknown.join(', ')}`);
  const asked = allFaults.filter(({ name }) => options.only.length === 0 || options.only.includes(name));
  return asked.filter((fault) => fault.against.includes(against));
}

async function plannedCases(planning: Planning): Promise<readonly ChaosCase[]> {
  const planned: ChaosCase[] = [];
  for (const fault of faults()) planned.push(...(await fault.cases(planning)));
  return planned;
}

function namedCases(planning: Planning): readonly ChaosCase[] {
  return options.cases.map((id) => {
    const [found] = allFaults.flatMap((fault) => fault.caseOf(id, planning) ?? []);
    if (found === undefined) throw new TypeError(`no case ${id}`);
    return found;
  });
}

function report(result: CaseResult): void {
  results.push(result);
  const { id, verdict, message, figures } = result;
  const [seconds] = figures.convergedSeconds;
  const word = { held: 'ok  ', failed: 'FAIL', 'not reached': 'skip' }[verdict];
  const detail =
    verdict === 'not reached' ? 'its step was not reached' : seconds && `${seconds.toFixed(1)} s`;
  console.log(`${word}  ${id}${detail === undefined ? '' : `  ${detail}`}`);
  if (verdict !== 'failed') return;
  console.log(message.replace(/^/gm, '      '));
  console.log(`      again: npm run test:chaos -- --seed ${seed} --against ${against} --case '${id}'`);
}

function summarise(): void {
  const byFault = Map.groupBy(results, ({ id }) => id.slice(0, id.indexOf(':')));
  const sum = (of: readonly CaseResult[]): Figures =>
    of.reduce((figures, result) => addFigures(figures, result.figures), noFigures);
  for (const [name, of] of byFault) console.log(describeFigures(name, sum(of)));
  console.log(describeFigures('all', sum(results)));
  const failed = results.filter(({ verdict }) => verdict === 'failed').length;
  const passed = results.filter(({ verdict }) => verdict === 'held').length;
  if (options.resultsPath === '') console.log(`${passed} passed, ${failed} failed`);
  else writeFileSync(options.resultsPath, JSON.stringify({ passed, failed }));
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
}
