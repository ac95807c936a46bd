/**
 * A multitude of projects and EIPs without the time of making them: what Netplane and its controllers have made of one
 * project and one EIP, rows and objects, is written again under other ids, names and addresses.
 */
import { randomUUID } from 'node:crypto';
import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatIpv4, knownAddress, presentId } from '@netplane/domain';
import { names } from '@netplane/k8s-adapter';
import type { Pool } from 'pg';

export interface Mould {
  /** UUIDs. */
  readonly project: string;
  readonly eip: string;
}

export interface Multitude {
  readonly projects: number;
  readonly eipsPerProject: number;
}

/** Everything that tells one copy from another: each text is replaced by its own, wherever it stands. */
type Replacements = readonly (readonly [from: string, to: string])[];

interface MouldRows {
  readonly rows: readonly { readonly table: string; readonly text: string }[];
  readonly objects: readonly { readonly uid: string; readonly text: string }[];
  readonly ids: Readonly<Record<string, string>>;
}

const CLONES_PER_BATCH = 25;
/** Addresses below belong to the mould. */
const FIRST_OFFSET = 256;
const PROJECT_SIZE = 16;
const generated = new Set(['cluster_object', 'usage_interval']);

/** Writes the rows as the database's owner, and the objects into the journal of a simulator that does not run. */
export async function cloneMould(
  database: Pool,
  directory: string,
  mould: Mould,
  { projects, eipsPerProject }: Multitude,
): Promise<void> {
  const journal = await readJournal(directory);
  const project = await readMould(database, journal, mould.project, true);
  const eip = await readMould(database, journal, mould.eip, false);
  const base = knownAddress(String(eip.ids.address)) - (knownAddress(String(eip.ids.address)) % 65_536);
  let offset = FIRST_OFFSET;
  const nextAddress = () => {
    offset += 1;
    return formatIpv4(base + offset);
  };
  const cidrBase = knownAddress(String(project.ids.gateway_address)) - 1;
  const columns = await columnsOf(database);
  let batch: { table: string; text: string }[] = [];
  let lines: string[] = [];
  const flush = async () => {
    await insertRows(database, columns, batch);
    await appendFile(join(directory, 'objects.jsonl'), lines.join(''));
    [batch, lines] = [[], []];
  };
  const copy = (from: MouldRows, replacements: Replacements) => {
    const uids = from.objects.map(({ uid }) => [uid, randomUUID()] as const);
    const all = [...replacements, ...uids];
    for (const { table, text } of from.rows) batch.push({ table, text: replaced(text, all) });
    for (const { text } of from.objects) lines.push(replaced(text, all));
  };
  for (let number = 1; number <= projects; number += 1) {
    const network = cidrBase + number * PROJECT_SIZE;
    const [id, own] = projectReplacements(project.ids, number, {
      network,
      gateway: nextAddress(),
      router: nextAddress(),
    });
    copy(project, own);
    for (let index = 1; index <= eipsPerProject; index += 1) {
      const eipId = randomUUID();
      copy(eip, [
        ...bothForms('eip', mould.eip, eipId),
        ...bothForms('project', mould.project, id),
        [names.eip(mould.eip), names.eip(eipId)],
        [String(eip.ids.address), nextAddress()],
        [`"${eip.ids.name}"`, `"e${index}"`],
      ]);
    }
    if (number % CLONES_PER_BATCH === 0 || number === projects) await flush();
  }
  await countQuotas(database);
}

function bothForms(kind: 'eip' | 'project', from: string, to: string): Replacements {
  return [
    [from, to],
    [presentId(kind, from), presentId(kind, to)],
  ];
}

function projectReplacements(
  ids: MouldRows['ids'],
  number: number,
  at: { readonly network: number; readonly gateway: string; readonly router: string },
): readonly [id: string, replacements: Replacements] {
  const of = (name: string) => String(ids[name]);
  const fresh = { project: randomUUID(), eip: randomUUID(), subnet: randomUUID(), rule: randomUUID() };
  return [
    fresh.project,
    [
      ...bothForms('project', of('id'), fresh.project),
      ...bothForms('eip', of('gateway_eip_id'), fresh.eip),
      [names.vpc(of('id')), names.vpc(fresh.project)],
      [names.eip(of('gateway_eip_id')), names.eip(fresh.eip)],
      [names.subnet(of('subnet_id')), names.subnet(fresh.subnet)],
      [of('subnet_id'), fresh.subnet],
      [names.snatRule(of('snat_rule_id')), names.snatRule(fresh.rule)],
      [of('snat_rule_id'), fresh.rule],
      [of('namespace'), `clone-${number}`],
      [`"${of('name')}"`, `"clone-${number}"`],
      [of('cidr'), `${formatIpv4(at.network)}/28`],
      [`"${of('gateway_address')}"`, `"${formatIpv4(at.network + 1)}"`],
      [of('gateway'), at.gateway],
      [of('router'), at.router],
    ],
  ];
}

function replaced(text: string, replacements: Replacements): string {
  return replacements.reduce((result, [from, to]) => result.replaceAll(from, to), text);
}

/** The last line of every object, by uid. */
async function readJournal(directory: string): Promise<ReadonlyMap<string, string>> {
  const lines = (await readFile(join(directory, 'objects.jsonl'), 'utf8')).split('\n');
  const byUid = new Map<string, string>();
  for (const line of lines) {
    const uid = /"uid":"([0-9a-f-]{36})"/.exec(line)?.[1];
    if (uid !== undefined && line.includes('"o":')) byUid.set(uid, `${line}\n`);
  }
  return byUid;
}

const tables = ['eip', 'project', 'subnet', 'snat_rule', 'ip_address', 'cluster_object', 'usage_interval'];

async function readMould(
  database: Pool,
  journal: ReadonlyMap<string, string>,
  id: string,
  isProject: boolean,
): Promise<MouldRows> {
  const gateway = `(select gateway_eip_id from project where id = $1)`;
  const owners = isProject ? `in ($1, ${gateway})` : '= $1';
  const where: Readonly<Record<string, string>> = {
    eip: `id ${owners}`,
    project: 'id = $1',
    subnet: 'project_id = $1',
    snat_rule: 'project_id = $1',
    ip_address: `holder_id ${owners}`,
    cluster_object: `owner_id ${owners} and gone_at is null`,
    usage_interval: `eip_id ${owners}`,
  };
  const rows: { table: string; text: string; row: Record<string, string> }[] = [];
  for (const table of tables) {
    const found = await database.query<{ row: Record<string, string> }>(
      `select to_jsonb(t) as row from ${table} t where ${where[table]}`,
      [id],
    );
    for (const { row } of found.rows) rows.push({ table, text: JSON.stringify(row), row });
  }
  const objects = rows
    .filter(({ table }) => table === 'cluster_object')
    .map(({ row: { uid = '' } }) => ({ uid, text: journal.get(uid) ?? fail(`no object ${uid}`) }));
  const main =
    rows.find(({ table }) => table === (isProject ? 'project' : 'eip'))?.row ?? fail(`no row ${id}`);
  const addressOf = (state: string) =>
    rows.find(({ table, row }) => table === 'ip_address' && row.state === state)?.row.address ?? '';
  const held = isProject ? { gateway: addressOf('allocated'), router: addressOf('router_port') } : {};
  return { rows, objects, ids: { ...main, ...held } };
}

function fail(words: string): never {
  throw new Error(words);
}

/** As they are inserted: numbers of identity columns are given anew. */
async function columnsOf(database: Pool): Promise<ReadonlyMap<string, string>> {
  const { rows } = await database.query<{ table_name: string; names: string }>(
    `select table_name, string_agg(quote_ident(column_name), ', ' order by ordinal_position) as names
     from information_schema.columns
     where table_schema = 'public' and table_name = any ($1)
       and not (table_name = any ($2) and column_name = 'id')
     group by table_name`,
    [tables, [...generated]],
  );
  return new Map(rows.map((row) => [row.table_name, row.names]));
}

async function insertRows(
  database: Pool,
  columns: ReadonlyMap<string, string>,
  batch: readonly { readonly table: string; readonly text: string }[],
): Promise<void> {
  const byTable = Map.groupBy(batch, ({ table }) => table);
  const client = await database.connect();
  try {
    await client.query('begin');
    await client.query('set constraints all deferred');
    for (const table of ['project', ...tables.filter((name) => name !== 'project')]) {
      const rows = `[${(byTable.get(table) ?? []).map(({ text }) => text).join(',')}]`;
      const names = columns.get(table) ?? '';
      await client.query(
        table === 'ip_address'
          ? `update ip_address a set state = x.state, organization_id = x.organization_id,
               holder_kind = x.holder_kind, holder_id = x.holder_id
             from jsonb_populate_recordset(null::ip_address, $1) x
             where a.external_network_id = x.external_network_id and a.address = x.address`
          : `insert into ${table} (${names}) select ${names} from jsonb_populate_recordset(null::${table}, $1)`,
        [rows],
      );
    }
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
}

async function countQuotas(database: Pool): Promise<void> {
  await database.query(
    `update quota_usage u set used = case u.resource
       when 'eips' then (select count(*) from eip e where e.organization_id = u.organization_id
                         and (u.project_id is null or e.project_id = u.project_id)
                         and e.network_type = u.network_type and e.family = u.family and e.deleted_at is null)
       when 'projects' then (select count(*) from project p
                             where p.organization_id = u.organization_id and p.deleted_at is null)
       else (select coalesce(sum(2 ^ (32 - masklen(p.cidr))), 0)::bigint from project p
             where p.organization_id = u.organization_id and p.deleted_at is null) end`,
  );
  await database.query('analyze');
}
