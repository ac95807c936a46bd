import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from './control-plane/wait.ts';
import { CLUSTER_LIMIT_MS, listKubeOvnObjects, listObjects, objectsOfProject } from './support/kube.ts';
import { type Row, rowsNaming } from './support/northbound.ts';
import { createPod } from './support/pods.ts';
import { openStage } from './support/stage.ts';
import { createEip, createProject, deleteProject, type ProjectView } from './support/tenants.ts';

const stage = await openStage();

let project: ProjectView;
/** Names of its objects on the cluster, and its addresses. */
let names: readonly string[];
let addresses: readonly string[];
/** UUIDs of its rows. */
let ids: readonly string[];
let again: ProjectView;

beforeAll(async () => {
  project = await createWithEips();
  await createPod(stage, { namespace: project.namespace, name: 'web' });
  const objects = await objectsOfProject(stage, project.id);
  names = objects.map(({ metadata }) => metadata.name);
  addresses = objects.flatMap(({ kind, spec }) => (kind === 'OvnEip' ? [String(spec.v4Ip)] : []));
  ids = [...new Set(objects.flatMap(({ metadata }) => metadata.labels?.['netplane.io/id'] ?? []))];
});

async function createWithEips(): Promise<ProjectView> {
  const created = await createProject(stage, { body: { name: 'leaving' } });
  await Promise.all([
    createEip(stage, { body: { project_id: created.id, name: 'leaving-cloud' } }),
    createEip(stage, { body: { project_id: created.id, name: 'leaving-public', network: 'public' } }),
  ]);
  return created;
}

it('begins with rows, objects and addresses that can be looked for', async () => {
  expect(names).toHaveLength(8);
  expect(addresses).toHaveLength(4);
  expect(ids).toHaveLength(4);
  const rows = await rowsNaming(stage, [...names, ...addresses, project.cidr]);
  expect([...new Set(rows.map(({ table }) => table))].sort()).toEqual([
    ...['ACL', 'Address_Set', 'Gateway_Chassis', 'Load_Balancer', 'Logical_Router', 'Logical_Router_Policy'],
    ...['Logical_Router_Port', 'Logical_Router_Static_Route', 'Logical_Switch', 'Logical_Switch_Port', 'NAT'],
  ]);
});

/** A load balancer without addresses, or a set of none. */
function isEmpty({ table, text }: Row): boolean {
  if (table === 'Load_Balancer') return /^vips +: \{\}$/m.test(text);
  return table === 'Address_Set' && /^addresses +: \[\]$/m.test(text);
}

describe('after its EIPs and the project are deleted', () => {
  beforeAll(() => deleteProject(stage, project));

  it('no row of OVN names any of it, but for the empty ones that Kube-OVN leaves of every Vpc', async () => {
    // Kube-OVN lets go of the Vpc a moment before it removes the router
    const kept = await waitFor('the end of its rows', { timeoutMs: CLUSTER_LIMIT_MS }, async () => {
      const rows = await rowsNaming(stage, [...names, ...addresses, project.cidr]);
      return rows.every(isEmpty) ? rows : undefined;
    });
    const tables = kept.map(({ table }) => table).sort();
    expect(tables).toEqual([...Array(2).fill('Address_Set'), ...Array(6).fill('Load_Balancer')]);
  });

  it('no object of Kube-OVN names any of it', async () => {
    const objects = (await listKubeOvnObjects(stage)).map((object) => JSON.stringify(object));
    const looked = [...names, ...addresses.map((address) => `"${address}"`), project.id];
    expect(objects.filter((text) => looked.some((name) => text.includes(name)))).toEqual([]);
  });

  it('its Namespace is gone', async () => {
    const namespaces = await listObjects(stage, 'namespaces');
    expect(namespaces.map(({ metadata }) => metadata.name)).not.toContain(project.namespace);
  });

  it('no record of a cluster object and no work is left', async () => {
    const left = `select kind, name from cluster_object where owner_id = any($1) and gone_at is null
      union all select kind, id::text from work_item where id = any($1)`;
    expect(await stage.query(left, [ids])).toEqual([]);
  });

  it('its addresses rest or are free', async () => {
    const rows = await stage.query<{ state: string }>(
      'select state from ip_address where address = any($1::inet[])',
      [addresses],
    );
    expect(rows).toHaveLength(addresses.length);
    for (const { state } of rows) expect(['quarantined', 'free']).toContain(state);
  });

  it('every usage interval is closed', async () => {
    const intervals = await stage.query<{ ended_at: Date | null; end_reason: string | null }>(
      'select ended_at, end_reason from usage_interval where eip_id = any($1)',
      [ids],
    );
    expect(intervals.length).toBeGreaterThanOrEqual(3);
    expect(
      intervals.filter((interval) => interval.ended_at === null || interval.end_reason === null),
    ).toEqual([]);
  });

  it('the same names can be taken anew', async () => {
    again = await createWithEips();
    expect(again).toMatchObject({ name: project.name, namespace: project.namespace });
    expect(again.id).not.toBe(project.id);
  });
});

afterAll(() => deleteProject(stage, again));
