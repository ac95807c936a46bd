/**
 * `npm run check:contracts`: the committed contracts are those of the code, and only add to those of the last release,
 * whose commit stands in docs/releases.md.
 */
import { readFile } from 'node:fs/promises';
import { CHECKOUT } from '../runner/run-command.ts';
import {
  findLastRelease,
  historyMissing,
  isInHistory,
  type Release,
  readAt,
} from '../support/last-release.ts';
import { graphqlBreaks, openapiBreaks } from './additions.ts';
import { renderContracts } from './contracts.ts';

const OPENAPI = 'openapi/openapi.json';
const GRAPHQL = 'openapi/schema.graphql';

const { files } = await renderContracts();
const stale = await findStale(files);
const release = await findLastRelease();
const isComparable = release !== undefined && (await isInHistory(release));
const breaks = isComparable ? await findBreaks(release, files) : [];
for (const path of stale) console.error(`${path} is not what the code says: run npm run generate`);
for (const line of breaks) console.error(`breaks ${release?.version}: ${line}`);
if (release === undefined) console.log('no release yet: nothing to compare with');
else if (!isComparable) console.log(historyMissing(release));
process.exit(stale.length + breaks.length === 0 ? 0 : 1);

async function findStale(rendered: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const stale: string[] = [];
  for (const [path, content] of Object.entries(rendered)) {
    if ((await readFile(`${CHECKOUT}${path}`, 'utf8')) !== content) stale.push(path);
  }
  return stale;
}

async function findBreaks(
  release: Release,
  rendered: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
  const before = { openapi: await readAt(release, OPENAPI), graphql: await readAt(release, GRAPHQL) };
  return [
    ...openapiBreaks(JSON.parse(before.openapi), JSON.parse(rendered[OPENAPI] ?? '')),
    ...graphqlBreaks(before.graphql, rendered[GRAPHQL] ?? ''),
  ];
}
