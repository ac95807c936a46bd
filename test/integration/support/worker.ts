/** What a worker does at the end of its work, without a cluster: statuses are reported, deletions finished. */
import {
  endQuarantine,
  finishCluster,
  finishEip,
  finishExternalNetwork,
  finishIpRange,
  finishProject,
  loadEip,
  loadProject,
  openPool,
  reportStatus,
  roles,
  type WorkClaim,
} from '@netplane/db';
import { type Condition, type Phase, type ProvisionedKind, parseId } from '@netplane/domain';
import type { Pool } from 'pg';
import { afterAll } from 'vitest';
import type { Stage } from './stage.ts';

const QUARANTINE_SECONDS = 600;

export interface FakeWorker {
  /** Reports the phase of a resource and notifies, as after a reconcile. */
  report(
    kind: ProvisionedKind,
    id: string,
    phase: Phase,
    conditions?: readonly Condition[],
    observedRevision?: number,
  ): Promise<void>;
  /** The cluster has let go: the row ends. */
  finish(kind: ProvisionedKind, id: string): Promise<void>;
  /** The time of every address in quarantine on this network is over, and a second look found nothing. */
  endQuarantine(networkId: string): Promise<void>;
}

/** A worker's database connection for the tests of one file. */
export function useWorker(stage: Pick<Stage, 'database'>): FakeWorker {
  const opened: { pool?: Pool } = {};
  const poolOf = () => {
    opened.pool ??= openPool({
      url: stage.database.workerUrl,
      role: roles.worker,
      applicationName: 'test-worker',
      connectionsMax: 4,
      onError: () => {},
    });
    return opened.pool;
  };
  afterAll(async () => {
    await opened.pool?.end();
  });
  return {
    async report(kind, id, phase, conditions = [], observedRevision = 1) {
      const claim = await takeClaim(poolOf(), kind, uuidOf(kind, id));
      const written = await reportStatus(poolOf(), claim, {
        phase,
        conditions,
        message: '',
        observedRevision,
        nextTrySeconds: null,
        isProvisioned: phase === 'ready',
      });
      if (!written) throw new Error(`the report on ${id} was not written`);
      await poolOf().query('select pg_notify($1, $2)', ['netplane_status', claim.id]);
    },
    async finish(kind, id) {
      const claim = await takeClaim(poolOf(), kind, uuidOf(kind, id));
      if (!(await finishOf(poolOf(), claim))) throw new Error(`${id} was not finished`);
      await poolOf().query('select pg_notify($1, $2)', ['netplane_status', claim.id]);
    },
    async endQuarantine(networkId) {
      const network = parseId('external-network', networkId);
      if (network === undefined) throw new Error(`not a network: ${networkId}`);
      await poolOf().query(
        `update ip_address set quarantined_until = clock_timestamp() - interval '1 second'
         where external_network_id = $1 and state = 'quarantined'`,
        [network],
      );
      await endQuarantine(poolOf(), network, []);
    },
  };
}

function uuidOf(kind: ProvisionedKind, id: string): string {
  const uuid = parseId(kind, id);
  if (uuid === undefined) throw new Error(`not an id of a ${kind}: ${id}`);
  return uuid;
}

async function takeClaim(pool: Pool, kind: ProvisionedKind, id: string): Promise<WorkClaim> {
  const taken = await pool.query<WorkClaim>(
    `update work_item set claim = claim + 1, lease_until = clock_timestamp() + interval '15 seconds'
     where kind = $1 and id = $2
     returning kind, id, organization_id as "organizationId", wanted, claim, attempts`,
    [kind, id],
  );
  const [claim] = taken.rows;
  if (claim === undefined) throw new Error(`no work for ${kind} ${id}`);
  return claim;
}

async function finishOf(pool: Pool, claim: WorkClaim): Promise<boolean> {
  switch (claim.kind) {
    case 'eip': {
      const row = await loadEip(pool, claim.id);
      return row !== undefined && finishEip(pool, claim, row, QUARANTINE_SECONDS);
    }
    case 'project': {
      const row = await loadProject(pool, claim.id);
      return row !== undefined && finishProject(pool, claim, row, QUARANTINE_SECONDS);
    }
    case 'external-network':
      return finishExternalNetwork(pool, claim);
    case 'ip-range':
      return finishIpRange(pool, claim);
    case 'cluster':
      return finishCluster(pool, claim);
  }
}
