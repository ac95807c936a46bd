/** The last release as its operator has it: its own code from the history, on the packages that are installed here. */
import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CHECKOUT } from '../../runner/run-command.ts';
import { findLastRelease, historyMissing, isInHistory } from '../../support/last-release.ts';
import { type AppProcess, startApiProcess, startWorkerProcess } from './app-process.ts';

type Environment = Readonly<Record<string, string>>;

export interface PreviousRelease {
  readonly version: string;
  /** What its API can be asked for. */
  readonly operations: ReadonlySet<string>;
  /** What its `npm run db:migrate` does. */
  migrate(environment: Environment): Promise<void>;
  startApi(environment: Environment): Promise<AppProcess>;
  startWorker(environment: Environment): Promise<AppProcess>;
  remove(): Promise<void>;
}

const run = promisify(execFile);
const OWN_SCOPE = '@netplane';

/** @throws Error where no release is named or the history does not reach back to it, as in a shallow clone */
export async function unpackPreviousRelease(): Promise<PreviousRelease> {
  const release = await findLastRelease();
  if (release === undefined) throw new Error('docs/releases.md names no release');
  if (!(await isInHistory(release))) throw new Error(historyMissing(release));
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'netplane-release-')));
  const root = `${directory}/`;
  const archive = join(directory, 'release.tar');
  await run('git', ['archive', '--output', archive, release.commit], { cwd: CHECKOUT });
  await run('tar', ['-xf', archive, '-C', directory]);
  await linkPackages(directory);
  await generatePrisma(directory);
  return {
    version: release.version,
    operations: await readOperations(directory),
    async migrate(environment) {
      await run(process.execPath, [`${root}packages/db/src/migrate/main.ts`], {
        env: { ...process.env, ...environment },
      });
    },
    startApi: (environment) => startApiProcess(environment, root),
    startWorker: (environment) => startWorkerProcess(environment, root),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}

async function readOperations(directory: string): Promise<ReadonlySet<string>> {
  const text = await readFile(join(directory, 'openapi/openapi.json'), 'utf8');
  const { paths } = JSON.parse(text) as {
    paths: Record<string, Record<string, { operationId?: string }>>;
  }; // held to its code by the release's own checks
  const described = Object.values(paths).flatMap((methods) => Object.values(methods));
  return new Set(described.flatMap(({ operationId }) => operationId ?? []));
}

/** Everybody else's packages are those of this checkout; its own are the release's. */
async function linkPackages(directory: string): Promise<void> {
  const target = join(directory, 'node_modules');
  const source = join(CHECKOUT, 'node_modules');
  await mkdir(join(target, OWN_SCOPE), { recursive: true });
  for (const name of await readdir(source)) {
    if (name !== OWN_SCOPE && !name.startsWith('.')) await symlink(join(source, name), join(target, name));
  }
  for (const folder of ['packages', 'apps']) {
    for (const name of await readdir(join(directory, folder))) {
      const manifest = await readFile(join(directory, folder, name, 'package.json'), 'utf8');
      const { name: own, dependencies = {} } = JSON.parse(manifest) as Manifest; // npm's own format
      const foreign = Object.keys(dependencies).filter((each) => !each.startsWith(`${OWN_SCOPE}/`));
      await Promise.all(foreign.map(assertInstalled));
      await symlink(join(directory, folder, name), join(target, own));
    }
  }
}

interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** @throws Error for what this release has given up; test/package.json keeps it for as long as the last one needs it */
async function assertInstalled(name: string): Promise<void> {
  await access(join(CHECKOUT, 'node_modules', name)).catch((cause: unknown) => {
    throw new Error(`The last release needs ${name}: add it to test/package.json.`, { cause });
  });
}

/** As its `npm run generate:prisma`: the client follows the schema, and is not committed. */
async function generatePrisma(directory: string): Promise<void> {
  const program = join(CHECKOUT, 'node_modules/prisma/build/index.js');
  const schema = join(directory, 'prisma/schema.prisma');
  const environment = { PRISMA_SCHEMA_ENGINE_BINARY: '/usr/bin/env', PRISMA_HIDE_UPDATE_MESSAGE: '1' };
  await run(process.execPath, [program, 'generate', '--schema', schema], {
    cwd: directory,
    env: { ...process.env, ...environment },
  });
}
