/**
 * Instants that the database's own clock has left behind: it was set back, or the server failed over to one that is
 * behind. What should wait for seconds would wait for as long as the step was, so it is mended:
 * - a lease gets a whole new one from now. Whoever holds it believes in an earlier end, so nobody loses a claim that he
 *   may still use; who is gone loses it as ever;
 * - what was put off is due at once; a turn that was taken later than now was taken now;
 * - a quarantine begins anew.
 * A clock that jumps forward needs nothing: leases seem over, claim numbers and monotonic clocks keep the holders apart.
 */
import type { ClusterId } from '@netplane/domain';
import type { Pool } from 'pg';
import { queryPool } from '../client/database.ts';
import { statement } from '../client/statement.ts';
import { bringWorkForward, LEASE_SECONDS, PUT_BACK_SECONDS_MAX } from './work-queue.repository.ts';

/** The clock is read once a statement: two of them side by side differ by less. */
const SLACK_SECONDS = 1;

const readClock = statement(
  'read_work_clock',
  `select extract(epoch from clock_timestamp())::float as seconds, exists (
     select from work_item where cluster_id = $1
       and (lease_until > clock_timestamp() + make_interval(secs => $2)
         or (attempts > 0 and run_at > clock_timestamp() + make_interval(secs => $3)))
   ) as has_strays`,
);

export interface DatabaseClock {
  /** Since 1970, by the database. */
  readonly seconds: number;
  /** Whether work waits for longer than anything may. */
  readonly has_strays: boolean;
}

export async function readDatabaseClock(pool: Pool, clusterId: ClusterId): Promise<DatabaseClock> {
  const [row] = await queryPool<DatabaseClock>(
    pool,
    readClock(clusterId, LEASE_SECONDS + SLACK_SECONDS, PUT_BACK_SECONDS_MAX + SLACK_SECONDS),
  );
  if (row === undefined) throw new Error('the database does not say what time it is');
  return row;
}

const renewLeases = statement(
  'renew_stray_leases',
  `update work_item set lease_until = clock_timestamp() + make_interval(secs => $2)
   where cluster_id = $1 and lease_until > clock_timestamp() + make_interval(secs => $2 + ${SLACK_SECONDS})`,
);
const takeTurnsBack = statement(
  'take_turns_back',
  'update work_turn set served_at = clock_timestamp() where cluster_id = $1 and served_at > clock_timestamp()',
);
const beginQuarantine = statement(
  'begin_quarantine_anew',
  `update ip_address a set quarantined_until = clock_timestamp() + make_interval(secs => $2)
   from external_network n
   where n.id = a.external_network_id and n.cluster_id = $1 and a.state = 'quarantined'
     and a.quarantined_until > clock_timestamp() + make_interval(secs => $2 + ${SLACK_SECONDS})`,
);

/** Everything of the cluster that lies further ahead than it may. Each on its own: no lock is held for the next. */
export async function mendInstants(
  pool: Pool,
  clusterId: ClusterId,
  quarantineSeconds: number,
): Promise<void> {
  await queryPool(pool, renewLeases(clusterId, LEASE_SECONDS));
  await bringWorkForward(pool, clusterId);
  await queryPool(pool, takeTurnsBack(clusterId));
  await queryPool(pool, beginQuarantine(clusterId, quarantineSeconds));
}
