/**
 * Numbers events in commit order without gaps. Only committed rows are seen, so whatever is numbered later also
 * committed later or at the same time; one sequencer at a time is held by its lock.
 */
import type { Pool } from 'pg';
import { poolTransaction } from '../client/database.ts';
import { statement } from '../client/statement.ts';

const BATCH = 5_000;

const lockSequence = statement('lock_event_sequence', 'select last from event_sequence for update');
const sequence = statement(
  'sequence_events',
  `with fresh as (
     select number, row_number() over (order by number) as position
     from (select number from event where seq is null order by number limit $1) unsequenced
   )
   update event set seq = $2::bigint + fresh.position from fresh where event.number = fresh.number
   returning event.seq`,
);
const advance = statement('advance_event_sequence', 'update event_sequence set last = last + $1');

/** @returns how many events got their number */
export async function sequenceEvents(pool: Pool): Promise<number> {
  return poolTransaction(pool, async (tx) => {
    const [row] = await tx.query<{ last: number }>(lockSequence());
    const numbered = await tx.query(sequence(BATCH, row?.last ?? 0));
    if (numbered.length > 0) await tx.query(advance(numbered.length));
    return numbered.length;
  });
}
