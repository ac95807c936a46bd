/** The last release, whose commit stands in docs/releases.md: what today's code is held against. */
import { readFile } from 'node:fs/promises';
import { CHECKOUT, runCommand } from '../runner/run-command.ts';

export interface Release {
  readonly version: string;
  readonly commit: string;
}

/** A row of the table in docs/releases.md: `| v0.1.0 | 2026-11-21 | <commit> |`. */
const releaseRow = /^\| v(\d+\.\d+\.\d+) +\| \d{4}-\d{2}-\d{2} +\| `?([0-9a-f]{40})`? +\|/gm;

/** The newest row; a row without a commit is a release in the making. */
export async function findLastRelease(): Promise<Release | undefined> {
  const text = await readFile(`${CHECKOUT}docs/releases.md`, 'utf8');
  const [first] = text.matchAll(releaseRow);
  return first && { version: first[1] ?? '', commit: first[2] ?? '' };
}

/**
 * Whether the release can be read; not in a shallow clone or outside of a repository.
 * @throws Error where the whole history is there and does not hold the commit
 */
export async function isInHistory({ commit }: Release): Promise<boolean> {
  const found = await runCommand(['git', 'cat-file', '-e', commit], { echo: false });
  if (found.isGood) return true;
  const shallow = await runCommand(['git', 'rev-parse', '--is-shallow-repository'], { echo: false });
  if (shallow.output.trim() === 'false')
    throw new Error(`docs/releases.md names ${commit}, which is not there`);
  return false;
}

/** What is said where it cannot be read. */
export function historyMissing({ commit }: Release): string {
  return `the history of ${commit} is not here: nothing to compare with`;
}

/** @throws Error where the release has no such file */
export async function readAt({ commit }: Release, path: string): Promise<string> {
  const { isGood, output } = await runCommand(['git', 'show', `${commit}:${path}`], { echo: false });
  if (!isGood) throw new Error(`cannot read ${path} of release commit ${commit}: ${output}`);
  return output;
}

/** @returns paths of the release's files below a folder */
export async function listAt({ commit }: Release, folder: string): Promise<readonly string[]> {
  const command = ['git', 'ls-tree', '-r', '--name-only', '--full-tree', commit, folder];
  const { isGood, output } = await runCommand(command, { echo: false });
  if (!isGood) throw new Error(`cannot list ${folder} of release commit ${commit}: ${output}`);
  return output.split('\n').filter((line) => line !== '');
}
