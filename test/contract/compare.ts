/**
 * `npm run check:contracts`: the committed contracts are those of the code, and only add to those of the last release,
 * whose commit stands in docs/releases.md.
 */
import { readFile } from 'node:fs/promises';
import { CHECKOUT, runCommand } from '../runner/run-command.ts';
import { graphqlBreaks, openapiBreaks } from './additions.ts';
import { renderContracts } from './contracts.ts';

const OPENAPI = 'openapi/openapi.json';
const GRAPHQL = 'openapi/schema.graphql';

/** A row of the table in docs/releases.md: `| v0.1.0 | 2026-11-21 | <commit> |`. */
const releaseRow = /^\| v(\d+\.\d+\.\d+) +\| \d{4}-\d{2}-\d{2} +\| `?([0-9a-f]{40})`? +\|/gm;

const { files } = await renderContracts();
const stale = await findStale(files);
const release = await findLastRelease();
const isComparable = release !== undefined && (await hasCommit(release.commit));
const breaks = isComparable ? await findBreaks(release, files) : [];
for (const path of stale) console.error(`${path} is not what the code says: run npm run generate`);
for (const line of breaks) console.error(`breaks ${release?.version}: ${line}`);
if (release === undefined) console.log('no release yet: nothing to compare with');
process.exit(stale.length + breaks.length === 0 ? 0 : 1);

async function findStale(rendered: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const stale: string[] = [];
  for (const [path, content] of Object.entries(rendered)) {
    if ((await readFile(`${CHECKOUT}${path}`, 'utf8')) !== content) stale.push(path);
  }
  return stale;
}

interface Release {
  readonly version: string;
  readonly commit: string;
}

/** The newest row; a row without a commit is a release in the making. */
async function findLastRelease(): Promise<Release | undefined> {
  const text = await readFile(`${CHECKOUT}docs/releases.md`, 'utf8');
  const [first] = text.matchAll(releaseRow);
  return first && { version: first[1] ?? '', commit: first[2] ?? '' };
}

async function findBreaks(
  { commit }: Release,
  rendered: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
  const before = { openapi: await readAt(commit, OPENAPI), graphql: await readAt(commit, GRAPHQL) };
  return [
    ...openapiBreaks(JSON.parse(before.openapi), JSON.parse(rendered[OPENAPI] ?? '')),
    ...graphqlBreaks(before.graphql, rendered[GRAPHQL] ?? ''),
  ];
}

/**
 * Whether the release can be read; not in a shallow clone or outside of a repository, which is said.
 * @throws Error where the whole history is there and does not hold the commit
 */
async function hasCommit(commit: string): Promise<boolean> {
  const found = await runCommand(['git', 'cat-file', '-e', commit], { echo: false });
  if (found.isGood) return true;
  const shallow = await runCommand(['git', 'rev-parse', '--is-shallow-repository'], { echo: false });
  if (shallow.output.trim() === 'false')
    throw new Error(`docs/releases.md names ${commit}, which is not there`);
  console.log(`the history of ${commit} is not here: nothing to compare with`);
  return false;
}

async function readAt(commit: string, path: string): Promise<string> {
  const { isGood, output } = await runCommand(['git', 'show', `${commit}:${path}`], { echo: false });
  if (!isGood) throw new Error(`cannot read ${path} of release commit ${commit}: ${output}`);
  return output;
}
