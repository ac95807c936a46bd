/** What has to hold after every fault, looked at from outside: rows, cluster and answers side by side. */
import { type KubeObject, type KubeType, kindsByBuilder, kubeTypes } from '@netplane/k8s-adapter';
import { createdId, type Entry, isAccepted } from './client.ts';
import type { Lane } from './stage/lane.ts';

export interface Findings {
  /** Requests that were answered 2xx. */
  readonly accepted: number;
  /** Accepted, and not so. */
  readonly lost: number;
  /** Asked for once, there twice. */
  readonly doubled: number;
  /** A line for each thing that does not hold. */
  readonly lines: readonly string[];
}

/** Everything, after the lane has converged. */
export async function check(lane: Lane): Promise<Findings> {
  const accepted = lane.client.journal.filter(isAccepted);
  const lost = await findLost(lane, accepted);
  const doubled = [...(await findDoubled(lane)), ...(await findDoubledObjects(lane))];
  const lines = [
    ...lost,
    ...doubled,
    ...refused(lane),
    ...(await findUnfaithfulReplays(lane, accepted)),
    ...(await findDifferences(lane)),
    ...(await findLeaks(lane)),
    ...(await findAddresses(lane)),
  ];
  return { accepted: accepted.length, lost: lost.length, doubled: doubled.length, lines };
}

/** What was answered is what reads back. */
async function findLost({ client }: Lane, accepted: readonly Entry[]): Promise<readonly string[]> {
  const gone = new Set(accepted.filter(({ verb }) => verb === 'delete').map(({ id }) => id));
  const changed = new Set(accepted.filter(({ verb }) => verb === 'update').map(({ id }) => id));
  const lines: string[] = [];
  for (const entry of accepted) {
    const id = entry.verb === 'create' ? createdId(entry) : (entry.id ?? '');
    const view = await client.get(entry.kind, id);
    if (gone.has(id)) {
      if (view !== undefined) lines.push(`lost: ${id} was deleted and is there`);
    } else if (view === undefined) {
      lines.push(`lost: ${entry.verb} of ${id} was answered ${entry.answer?.status} and it is not there`);
    } else if (entry.verb === 'update' || !changed.has(id)) {
      const answered = JSON.parse(entry.answer?.text ?? '{}') as Record<string, unknown>; // a 2xx is the resource
      for (const field of ['id', 'name', 'revision', 'address', 'cidr', 'namespace', 'labels'])
        if (JSON.stringify(answered[field]) !== JSON.stringify(view[field]))
          lines.push(`lost: ${id} was answered with ${field} ${JSON.stringify(answered[field])}`);
    }
  }
  return lines;
}

/** One resource, one audit row and one event for each create, however often it was asked for. */
async function findDoubled({ owner, client }: Lane): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const entry of client.journal.filter(({ verb }) => verb === 'create')) {
    const name = (entry.body as { name?: string }).name;
    if (name === undefined) continue;
    const { rows } = await owner.query<{ n: number }>(
      'select count(*)::int as n from audit_event where operation = $1 and changes->>$2 = $3',
      [`${entry.kind}.create`, 'name', name],
    );
    const expected = isAccepted(entry) ? 1 : 0;
    const found = rows[0]?.n ?? 0;
    if (found > 1 || found < expected) lines.push(`doubled: ${found} creates of ${entry.kind} ${name}`);
  }
  const { rows } = await owner.query<{ subject: string; n: number }>(
    `select concat_ws(' ', operation, resource_id) as subject, count(*)::int as n from audit_event
     where operation like '%.create' or operation like '%.delete' group by operation, resource_id having count(*) > 1`,
  );
  return [...lines, ...rows.map(({ subject, n }) => `doubled: ${subject} was recorded ${n} times`)];
}

async function findDoubledObjects({ owner }: Lane): Promise<readonly string[]> {
  const { rows } = await owner.query<{ subject: string; n: number }>(
    `select concat_ws(' ', owner_kind, owner_id, slot) as subject, count(*)::int as n from cluster_object
     where gone_at is null group by owner_kind, owner_id, slot having count(*) > 1`,
  );
  return rows.map(({ subject, n }) => `doubled: ${n} objects of ${subject}`);
}

/** A retry of one's own request is answered as the first try would have been. */
function refused({ client }: Lane): readonly string[] {
  return client.journal.flatMap((entry) => {
    const { status = 0, text = '' } = entry.answer ?? {};
    if (isAccepted(entry)) return [];
    return [`refused: ${entry.kind}.${entry.verb} was answered ${status} ${text}`];
  });
}

async function findUnfaithfulReplays(
  { client }: Lane,
  accepted: readonly Entry[],
): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const entry of accepted.filter(({ verb }) => verb === 'create')) {
    const again = await client.replay(entry);
    if (again.text !== entry.answer?.text || !again.isReplayed)
      lines.push(`replay: ${createdId(entry)} was answered ${again.status} ${again.text}`);
  }
  return lines;
}

/** The checker of the database itself. */
async function findDifferences({ owner }: Lane): Promise<readonly string[]> {
  const { rows } = await owner.query('select * from invariant_difference');
  return rows.map((row) => `invariant: ${JSON.stringify(row)}`);
}

interface ObjectRow {
  readonly kind: string;
  readonly name: string;
  readonly uid: string | null;
  readonly origin: string;
}

/** Kinds of objects that Netplane makes. */
const madeTypes: readonly KubeType[] = [...new Set(Object.values(kindsByBuilder).flat())].map(
  (kind) => kubeTypes[kind],
);

/** Objects of ours without a row, and rows without their object. */
async function findLeaks({ owner, clusters }: Lane): Promise<readonly string[]> {
  const [installation] = (await owner.query<{ id: string }>('select id from installation')).rows;
  const { rows } = await owner.query<ObjectRow>(
    'select kind, name, uid, origin from cluster_object where gone_at is null',
  );
  const lines: string[] = [];
  const standing: KubeObject[] = [];
  for (const { stranger } of clusters) {
    for (const type of madeTypes) standing.push(...(await stranger.list(type)).items);
  }
  const uids = new Set(standing.map(({ metadata }) => metadata.uid));
  const known = new Set(rows.map(({ uid }) => uid));
  for (const { kind, name, uid } of rows)
    if (uid === null || !uids.has(uid)) lines.push(`leak: the row of ${kind} ${name} has no object`);
  for (const { kind, metadata } of standing) {
    const isOurs = metadata.labels?.['netplane.io/installation'] === installation?.id;
    if (isOurs && !known.has(metadata.uid ?? ''))
      lines.push(`leak: ${kind} ${metadata.name} carries our label and has no row`);
  }
  return lines;
}

/** Every address is free, or held by what there is; every EIP on the cluster has the address of its row. */
async function findAddresses({ owner, cluster }: Lane): Promise<readonly string[]> {
  const { rows } = await owner.query<{
    address: string;
    state: string;
    holder: string | null;
    alive: boolean;
  }>(
    `select host(a.address) as address, a.state, a.holder_id as holder,
       exists (select from eip e where e.id = a.holder_id and e.deleted_at is null)
       or exists (select from project p where p.id = a.holder_id and p.deleted_at is null) as alive
     from ip_address a where a.state not in ('free', 'reserved', 'blocked')`,
  );
  const lines: string[] = [];
  const byAddress = new Map(rows.map((row) => [row.address, row]));
  for (const { address, state, holder, alive } of rows) {
    const isHeld = ['allocated', 'releasing', 'router_port'].includes(state);
    if (isHeld && !alive) lines.push(`address: ${address} is ${state} for ${holder}, which is not there`);
    if (state === 'releasing') lines.push(`address: ${address} is still releasing`);
  }
  const { items } = await cluster.stranger.list(kubeTypes.OvnEip);
  for (const { metadata, spec = {} } of items) {
    const id = metadata.labels?.['netplane.io/id'];
    if (id === undefined) continue; // somebody else's
    const row = byAddress.get(String(spec.v4Ip));
    if (row?.holder !== id) lines.push(`address: ${metadata.name} has ${spec.v4Ip}, which is ${row?.state}`);
  }
  const held = new Set(items.map(({ spec = {} }) => String(spec.v4Ip)));
  for (const { address, state } of rows)
    if (['allocated', 'router_port'].includes(state) && !held.has(address))
      lines.push(`address: ${address} is ${state} and nothing on the cluster has it`);
  return lines;
}
