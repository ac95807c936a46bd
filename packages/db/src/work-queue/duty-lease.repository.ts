/** Duties that one process has at a time, by a row that expires. */
import type { Pool } from 'pg';
import { queryPool } from '../client/database.ts';
import { statement } from '../client/statement.ts';

// A lease that ends later than one that begins now was taken before the database's clock was set back. Its holder gets
// a whole lease from now: who lives renews it long before, who does not loses it as ever.
const take = statement(
  'take_duty',
  `insert into duty_lease (name, holder, expires_at)
   values ($1, $2, clock_timestamp() + make_interval(secs => $3))
   on conflict (name) do update
   set holder = case when duty_lease.holder = excluded.holder or duty_lease.expires_at < clock_timestamp()
                     then excluded.holder else duty_lease.holder end,
       expires_at = excluded.expires_at
   where duty_lease.holder = excluded.holder or duty_lease.expires_at < clock_timestamp()
     or duty_lease.expires_at > excluded.expires_at + interval '1 second'
   returning holder`,
);

/** Takes or keeps the duty. @returns whether it is ours for so many seconds */
export async function takeDuty(pool: Pool, name: string, holder: string, seconds: number): Promise<boolean> {
  const rows = await queryPool<{ holder: string }>(pool, take(name, holder, seconds));
  return rows.some((row) => row.holder === holder);
}

const leave = statement('leave_duty', 'delete from duty_lease where name = $1 and holder = $2');

/** So that another process need not wait for the lease to run out. */
export async function leaveDuty(pool: Pool, name: string, holder: string): Promise<void> {
  await queryPool(pool, leave(name, holder));
}
