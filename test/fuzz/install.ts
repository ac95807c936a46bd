/**
 * schemathesis from PyPI in a Python environment of its own, under the user's cache: made on first use, and again when
 * requirements.txt or the machine's Python has changed.
 */
import { createHash } from 'node:crypto';
import { access, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../runner/run-command.ts';

const requirements = fileURLToPath(new URL('requirements.txt', import.meta.url));
const cache = join(homedir(), '.cache', 'netplane', 'fuzz');

/**
 * @returns the program
 * @throws Error with what Python or pip said
 */
export async function ensureSchemathesis(): Promise<string> {
  const python = await must(['python3', '--version']);
  const key = createHash('sha256')
    .update(await readFile(requirements))
    .update(python)
    .digest('hex')
    .slice(0, 16);
  const environment = join(cache, key);
  const program = join(environment, 'bin', 'schemathesis');
  const stamp = join(environment, 'complete');
  if (await exists(stamp)) return program;
  await rm(environment, { recursive: true, force: true });
  await mkdir(cache, { recursive: true });
  // an environment cannot be moved: it is made in its place, and complete when the stamp is there
  await must(['python3', '-m', 'venv', environment]);
  const pip = [join(environment, 'bin', 'python'), '-m', 'pip', '--disable-pip-version-check', 'install'];
  await must([
    ...pip,
    '--quiet',
    '--require-hashes',
    '--only-binary',
    ':all:',
    '--requirement',
    requirements,
  ]);
  await must([program, '--version']);
  await writeFile(stamp, '');
  return program;
}

/** @returns what is missing, as a line for the user; `undefined` when nothing is */
export async function missingForFuzzing(): Promise<string | undefined> {
  const probe =
    'import sys, venv, ensurepip; sys.exit("Python 3.11 or newer" if sys.version_info < (3, 11) else 0)';
  const { isGood } = await runCommand(['python3', '-c', probe], { echo: false }).catch(() => ({
    isGood: false,
  }));
  return isGood ? undefined : 'python3: 3.11 or newer with venv and pip runs schemathesis';
}

async function must(command: readonly string[]): Promise<string> {
  const { isGood, output } = await runCommand(command, { echo: false });
  if (!isGood) throw new Error(`${command.join(' ')}:\n${output}`);
  return output;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
