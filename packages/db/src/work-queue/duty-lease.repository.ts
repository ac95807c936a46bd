/** Duties that one process has at a time, by a row that expires. */
import type { Pool } from 'pg';
import { queryPool } from '../client/database.ts';
import { statement } from '../client/statement.ts';

const take = statement(
  'take_duty',
  `insert into duty_lease (name, holder, expires_at)
   values ($1, $2, clock_timestamp() + make_interval(secs => $3))
   on conflict (name) do update set holder = excluded.holder, expires_at = excluded.expires_at
   where duty_lease.holder = excluded.holder or duty_lease.expires_at < clock_timestamp()
   returning holder`,
);

/** Takes or keeps the duty. @returns whether it is ours for so many seconds */
export async function takeDuty(pool: Pool, name: string, holder: string, seconds: number): Promise<boolean> {
  return (await queryPool(pool, take(name, holder, seconds))).length === 1;
}

const leave = statement('leave_duty', 'delete from duty_lease where name = $1 and holder = $2');

/** So that another process need not wait for the lease to run out. */
export async function leaveDuty(pool: Pool, name: string, holder: string): Promise<void> {
  await queryPool(pool, leave(name, holder));
}
