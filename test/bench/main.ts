/**
 * `npm run bench -- [--json] [--quick] [--only <name>…]`: how fast Netplane is here, in docs/performance.md's rows.
 * With `--json` it prints one document and nothing else; what fails is told on stderr, with an exit code other than 0.
 */
import { runCommand } from '../runner/run-command.ts';

// the generated database client has to be there before anything that needs it is loaded
const generated = await runCommand(['npm', 'run', '--silent', 'generate:prisma'], { echo: false });
if (!generated.isGood) throw new Error(`the database client could not be generated:\n${generated.output}`);

const { runBench } = await import('./run.ts');
process.exitCode = await runBench(process.argv.slice(2));
