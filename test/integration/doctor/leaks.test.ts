import { type KubeObject, kubeTypes, labelKeys } from '@netplane/k8s-adapter';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { LeakKind } from '../../../apps/worker/src/doctor/difference.ts';
import { eventually, foreign, ref, useClusterStage } from '../support/cluster-stage.ts';
import { askDoctor, makeQuietProject } from '../support/doctor.ts';
import { uuidOf } from '../support/ledger.ts';
import type { EipView, ProjectView } from '../support/views.ts';

const { OvnEip } = kubeTypes;
// a look that is not asked for would mend what is planted
const stage = useClusterStage({ worker: { RESYNC_SECONDS: '86400' }, hasWorker: false });

let project: ProjectView;
let eip: EipView;

beforeAll(async () => {
  ({ project, eip } = await makeQuietProject(stage));
});

/** What undoes what a test has planted, by SQL. */
const undo: string[] = [];

/** Past the triggers and foreign keys that make it impossible; one implicit transaction. */
async function rewrite(sql: string): Promise<void> {
  const role = 'set session_replication_role =';
  await stage.database.owner.query(`${role} replica; ${sql}; ${role} default`);
}

async function plant(sql: string, back: string): Promise<void> {
  await rewrite(sql);
  undo.push(back);
}

async function objectOf(id: string): Promise<KubeObject> {
  const labelSelector = `${labelKeys.id}=${id}`;
  const [object] = (await stage.stranger.list(OvnEip, { labelSelector })).items;
  if (object === undefined) throw new Error(`no OvnEip of ${id}`);
  return object;
}

async function makeObject(
  name: string,
  labels: Readonly<Record<string, string>>,
  spec: object,
): Promise<void> {
  const object = foreign(OvnEip, name, { spec });
  await stage.stranger.create(OvnEip, { ...object, metadata: { name, labels } });
}

async function removeObject(name: string): Promise<void> {
  const object = await stage.stranger.get(OvnEip, ref(name));
  await stage.stranger.delete(OvnEip, ref(name), object?.metadata.uid ?? '');
  await eventually(async () => expect(await stage.stranger.get(OvnEip, ref(name))).toBeUndefined());
}

async function expectOnly(kind: LeakKind, subject: string): Promise<void> {
  const { differences, exitCode } = await askDoctor(stage);
  expect(differences).toEqual([{ kind, subject, detail: expect.any(String) }]);
  expect(exitCode).toBe(1);
}

async function expectNothing(): Promise<void> {
  expect(await askDoctor(stage)).toEqual({ differences: [], exitCode: 0 });
}

describe('the doctor', () => {
  afterEach(async () => {
    for (const sql of undo.splice(0)) await rewrite(sql);
    await expectNothing();
  });

  it('finds nothing where nothing differs', expectNothing);

  it('finds an object of ours that no row knows', async () => {
    const labels = { ...(await objectOf(uuidOf('eip', eip.id))).metadata.labels };
    labels[labelKeys.id] = '0190a5a5-0000-7000-8000-000000000000';
    await makeObject('stray', labels, { externalSubnet: 'ext-cloud', v4Ip: '100.65.9.9', type: 'nat' });
    await expectOnly('unknown_object', 'OvnEip/stray');
    const { orphans } = await askDoctor(stage, ['--orphans']);
    expect(orphans?.objects).toMatchObject([
      {
        object: 'OvnEip/stray',
        project: project.id,
        organization: stage.world.acmeId,
        address: '100.65.9.9',
      },
    ]);
    await removeObject('stray');
  });

  it('finds a second object of one EIP', async () => {
    const { labels = {} } = (await objectOf(uuidOf('eip', eip.id))).metadata;
    await makeObject('second', labels, { externalSubnet: 'ext-cloud', v4Ip: '100.65.9.9', type: 'nat' });
    await expectOnly('double_object', 'OvnEip/second');
    await removeObject('second');
  });

  it('leaves the objects of another installation alone', async () => {
    const labels = { [labelKeys.installation]: '99999999-9999-4999-8999-999999999999' };
    await makeObject('theirs', labels, { externalSubnet: 'ext-cloud', v4Ip: '100.65.9.9', type: 'nat' });
    await expectNothing();
    await removeObject('theirs');
  });

  it('finds an object that a ready resource does not have', async () => {
    const id = uuidOf('eip', eip.id);
    const name = (await objectOf(id)).metadata.name;
    await plant(
      `update cluster_object set uid = 'another' where owner_id = '${id}'`,
      `update cluster_object set uid = '${(await objectOf(id)).metadata.uid}' where owner_id = '${id}'`,
    );
    const { differences } = await askDoctor(stage);
    expect(differences.map(({ kind, subject }) => [kind, subject])).toEqual([
      ['double_object', `OvnEip/${name}`],
      ['missing_object', `OvnEip/${name}`],
    ]);
  });

  it('says nothing of an object that is missing while a worker may be about to notice', async () => {
    const id = uuidOf('eip', eip.id);
    const { uid = '', name } = (await objectOf(id)).metadata;
    await plant(
      `update cluster_object set uid = 'another', name = 'another' where owner_id = '${id}';
       insert into work_item (kind, id, cluster_id, organization_id)
         select 'eip', id, cluster_id, organization_id from eip where id = '${id}'`,
      `update cluster_object set uid = '${uid}', name = '${name}' where owner_id = '${id}';
       delete from work_item where id = '${id}'`,
    );
    const kinds = (await askDoctor(stage)).differences.map(({ kind }) => kind);
    expect(kinds).toEqual(['double_object']);
  });

  it('finds the row of an object whose resource is gone', async () => {
    const row = '0190a5a5-0000-7000-8000-000000000001';
    await plant(
      `insert into cluster_object (cluster_id, api_version, kind, name, uid, owner_kind, owner_id, slot, origin,
         builder_version)
       select id, 'kubeovn.io/v1', 'OvnEip', 'forgotten', 'u', 'eip', '${row}', 'eip', 'created', 1 from cluster`,
      `delete from cluster_object where owner_id = '${row}'`,
    );
    await expectOnly('ownerless_row', 'OvnEip/forgotten');
  });

  it('finds a resource that is not ready and that nobody works on', async () => {
    const id = uuidOf('eip', eip.id);
    await plant(
      `update eip set phase = 'provisioning' where id = '${id}'`,
      `update eip set phase = 'ready' where id = '${id}'`,
    );
    await expectOnly('unattended', `eip ${id}`);
  });

  it('finds a free address that something on the cluster holds', async () => {
    await makeObject('squatter', {}, { externalSubnet: 'ext-cloud', v4Ip: '100.65.3.200', type: 'nat' });
    await expectOnly('used_free_address', '100.65.3.200');
    await removeObject('squatter');
  });

  const set = (values: string, address: string) =>
    `update ip_address set ${values} where address = '${address}'`;
  const held = `holder_kind = 'eip', holder_id = (select id from eip where deleted_at is null limit 1)`;
  const free =
    "state = 'free', holder_kind = null, holder_id = null, quarantined_until = null, reason = null";

  it.each([
    ['address_of_another', `state = 'allocated', ${held}`],
    [
      'quarantine_overdue',
      "state = 'quarantined', quarantined_until = clock_timestamp() - interval '6 minutes'",
    ],
    ['blocked_without_reason', "state = 'blocked'"],
  ] as const)('finds an address that is neither free nor held: %s', async (kind, values) => {
    await plant(set(values, '100.65.3.201'), set(free, '100.65.3.201'));
    await expectOnly(kind, '100.65.3.201');
  });

  it('finds a router port without an address', async () => {
    const id = uuidOf('project', project.id);
    await plant(
      `update ip_address set holder_id = gen_random_uuid(), holder_kind = 'nobody' where holder_id = '${id}'`,
      `update ip_address set holder_id = '${id}', holder_kind = 'project' where holder_kind = 'nobody'`,
    );
    const kinds = (await askDoctor(stage)).differences.map(({ kind }) => kind);
    expect(kinds).toEqual(['holder_of_address', 'router_port']);
  });

  it('finds a range that has lost an address', async () => {
    await plant(
      "create table lost as select * from ip_address where address = '100.65.3.202'; delete from ip_address where address = '100.65.3.202'",
      'insert into ip_address select * from lost; drop table lost',
    );
    const { differences } = await askDoctor(stage);
    expect(differences).toMatchObject([{ kind: 'addresses_of_range', detail: '920 rows for 921 addresses' }]);
  });

  it('finds a counter that does not count', async () => {
    const where = `where resource = 'eips' and used > 0`;
    await plant(
      `update quota_usage set used = used + 1 ${where}`,
      `update quota_usage set used = used - 1 ${where}`,
    );
    const kinds = (await askDoctor(stage)).differences.map(({ kind }) => kind);
    expect(new Set(kinds)).toEqual(new Set(['quota_usage']));
  });
});

describe('where the doctor cannot look', () => {
  it('it says so instead of finding nothing', async () => {
    await expect(askDoctor(stage, [], { CLUSTER: 'elsewhere' })).rejects.toThrow('no cluster elsewhere');
    stage.simulator.knobs.changeIdentity();
    await expect(askDoctor(stage)).rejects.toThrow('not the one that the rows speak of');
  });
});
