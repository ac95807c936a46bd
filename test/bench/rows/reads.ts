/** Reads of one tenant that has 1,000,000 EIPs in 1,000 projects. */
import { presentId } from '@netplane/domain';
import { eipSchema } from '../../../apps/api/src/eip/eip.schema.ts';
import { makeCursor } from '../../../apps/api/src/plugins/http/cursor.ts';
import { cursorScope, PAGE_MAX } from '../../../apps/api/src/plugins/resource/list-query.ts';
import { perSecond } from '../load/run-load.ts';
import type { Bench, Measurement, Row } from '../measurement.ts';
import { comparedRow, interleaved, plainRow } from '../rounds.ts';
import { graphqlQueries, httpGets } from '../stage/gets.ts';
import { createNetwork } from '../stage/network.ts';
import { seedEips } from '../stage/seed.ts';
import { CURSOR_SECRET, onStage, type Stage } from '../stage/stage.ts';
import { createTenants, type Tenant } from '../stage/tenants.ts';

const EIPS = 1_000_000;
const EIPS_QUICK = 200_000;
const PER_PROJECT = 1_000;
const PAGE = 100;
/** The page that begins with the EIP in the middle: page 5,000 of 1,000,000 EIPs. */
const DEEP = 0.5;
const CONCURRENCY = 32;
const IDS = 1_000;

/** Rows, and the sides that they are made of. */
const rows = {
  'get-one': ['get'],
  'list-100': ['first'],
  'list-deep-vs-first': ['deep', 'first'],
  'list-label-vs-first': ['label', 'first'],
  'list-project-vs-first': ['project', 'first'],
  'graphql-project-1000': ['graphql'],
} as const;
type RowName = keyof typeof rows;
const names = Object.keys(rows) as RowName[]; // the keys of a record of them
type Side = (typeof rows)[RowName][number];

export const reads: Measurement = {
  rows: names,
  isQuick: true,
  needs: 'database',
  measure: (bench) => onStage(bench, {}, (stage) => measure(bench, stage)),
};

async function measure(bench: Bench, stage: Stage): Promise<readonly Row[]> {
  const network = await createNetwork(stage, { name: 'bench', cidr: '100.64.0.0/16' });
  const [tenant] = await createTenants(stage, 'tenant', 1);
  if (tenant === undefined) throw new Error('a stage without a tenant');
  const count = bench.isQuick ? EIPS_QUICK : EIPS;
  await seedEips(stage, { tenant, network, count, perProject: PER_PROJECT });
  bench.say(`${count.toLocaleString('en')} EIPs are there`);

  const all = await sidesOf(bench, stage, tenant, (count * DEEP) / PAGE);
  const wanted = new Set<Side>(names.filter(bench.wants).flatMap((name) => rows[name]));
  const sides = Object.fromEntries(Object.entries(all).filter(([name]) => wanted.has(name as Side))); // keys of `all`
  for (const warmUp of Object.values(sides)) await warmUp();
  const measured = await interleaved(bench, 'answers/s', sides);
  return names.filter(bench.wants).map((name) => {
    const [side, other] = rows[name];
    const values = measured[side] ?? [];
    const unit = side === 'get' ? 'answers/s' : side === 'graphql' ? 'documents/s' : 'pages/s';
    return other === undefined
      ? plainRow(name, unit, values)
      : comparedRow(name, unit, values, { name: 'the first page of all', values: measured[other] ?? [] });
  });
}

async function sidesOf(
  bench: Bench,
  stage: Stage,
  tenant: Tenant,
  deepPage: number,
): Promise<Readonly<Record<Side, () => Promise<number>>>> {
  const [api] = stage.apis;
  if (api === undefined) throw new Error('a stage without an API');
  const { token } = tenant;
  const load = { token, concurrency: CONCURRENCY, extent: { seconds: bench.isQuick ? 0.7 : 5 } };
  const reading = (paths: readonly string[]) => () =>
    perSecond(httpGets(api, { ...load, paths }), bench.signal);
  const list = `/v1/eips?limit=${PAGE}`;
  const query = await projectDocument(stage, tenant);
  const pages = {
    first: list,
    deep: `${list}&cursor=${await cursorOfPage(stage, deepPage)}`,
    label: `${list}&labels=tier%3Ddb`,
    project: `${list}&project_id=${tenant.project}`,
  };
  for (const path of Object.values(pages)) {
    const { items } = await stage.client.must<{ items: unknown[] }>('GET', path, { token });
    if (items.length !== PAGE) throw new Error(`${path} answers ${items.length} EIPs instead of ${PAGE}`);
  }
  return {
    get: reading(await somePaths(stage)),
    first: reading([pages.first]),
    deep: reading([pages.deep]),
    label: reading([pages.label]),
    project: reading([pages.project]),
    graphql: () => perSecond(graphqlQueries(api, { ...load, query, concurrency: 4 }), bench.signal),
  };
}

/** EIPs from everywhere in the table. */
async function somePaths(stage: Stage): Promise<readonly string[]> {
  const { rows: found } = await stage.database.owner.query<{ id: string }>(
    `select id from eip where name like 'seeded-%' order by hashtext(name) limit ${IDS}`,
  );
  return found.map(({ id }) => `/v1/eips/${presentId('eip', id)}`);
}

/** What the page before ended with: nobody has to turn thousands of pages for it. */
async function cursorOfPage(stage: Stage, page: number): Promise<string> {
  const { rows: found } = await stage.database.owner.query<{ id: string; at: string }>(
    `select id, to_char(created_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at from eip
     where deleted_at is null order by created_at desc, id desc limit 1 offset $1`,
    [(page - 1) * PAGE - 1],
  );
  const [last] = found;
  if (last === undefined) throw new Error(`there is no page ${page}`);
  return makeCursor(CURSOR_SECRET, cursorScope(eipSchema, {}), { value: last.at, id: last.id });
}

/** One document for all EIPs of a project: five pages of the largest size side by side. */
async function projectDocument(stage: Stage, { project, token }: Tenant): Promise<string> {
  const fields = 'nodes { id name address purpose labels status { phase } } pageInfo { endCursor }';
  const pages: string[] = [];
  let after = '';
  for (let from = 0; from < PER_PROJECT; from += PAGE_MAX) {
    const page = `eips(first: ${PAGE_MAX}${after}, filter: {purpose: "general"}) { ${fields} }`;
    pages.push(`page${from}: ${page}`);
    const { data } = await stage.client.graphql<ProjectAnswer>(documentOf(project, page), {}, { token });
    const { nodes, pageInfo } = data.project.eips;
    if (nodes.length !== PAGE_MAX) throw new Error(`a page of ${nodes.length} EIPs instead of ${PAGE_MAX}`);
    after = `, after: "${pageInfo.endCursor}"`;
  }
  return documentOf(project, pages.join(' '));
}

interface ProjectAnswer {
  readonly project: {
    readonly eips: { readonly nodes: unknown[]; readonly pageInfo: { readonly endCursor: string } };
  };
}

function documentOf(project: string, fields: string): string {
  return `{ project(id: "${project}") { id name namespace ${fields} } }`;
}
