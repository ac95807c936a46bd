import {
  claimWork,
  insertClusterObject,
  type NewClusterObject,
  openPool,
  type Pool,
  roles,
} from '@netplane/db';
import { type ClusterId, parseId } from '@netplane/domain';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eipBody } from '../../support/builders/eip.builder.ts';
import { projectBody } from '../../support/builders/project.builder.ts';
import { uuidOf } from '../support/ledger.ts';
import { useStage } from '../support/stage.ts';
import type { EipView, ProjectView } from '../support/views.ts';

const stage = useStage();
let pool: Pool;

beforeAll(() => {
  const url = stage.database.workerUrl;
  pool = openPool({ url, role: roles.worker, applicationName: 'test', connectionsMax: 1, onError: () => {} });
});

afterAll(() => pool.end());

it('a worker that has lost its claim writes no row of an object', async () => {
  const body = projectBody(stage.world.acmeId);
  const project = await stage.api.must<ProjectView>('POST', '/v1/projects', { body });
  const eip = await stage.api.must<EipView>('POST', '/v1/eips', { body: eipBody(project.id) });
  const clusterId = parseId('cluster', stage.world.clusterId) as ClusterId; // made by this stage
  const claimIt = async (holder: string) => {
    const { claimed } = await claimWork(pool, { clusterId, holder, count: 100 });
    return claimed.find(({ claim }) => claim.id === uuidOf('eip', eip.id))?.claim.claim ?? 0;
  };
  const stale = await claimIt('frozen');
  await stage.database.owner.query(
    "update work_item set lease_until = clock_timestamp() - interval '1 second'",
  );
  const current = await claimIt('awake');
  expect(current).toBeGreaterThan(stale);

  const object: Omit<NewClusterObject, 'name' | 'incarnation' | 'claim'> = {
    clusterId,
    apiVersion: 'kubeovn.io/v1',
    kind: 'OvnEip',
    namespace: '',
    uid: null,
    ownerKind: 'eip',
    ownerId: uuidOf('eip', eip.id),
    organizationId: null,
    slot: 'eip',
    origin: 'created',
    builderVersion: 1,
  };
  const insert = (name: string, incarnation: number, claim: number) =>
    insertClusterObject(pool, { ...object, name, incarnation, claim });
  expect(await insert('by-the-frozen-one', 1, stale)).toBeUndefined();
  expect(await insert('by-the-one-awake', 1, current)).toMatchObject({ name: 'by-the-one-awake' });
});
