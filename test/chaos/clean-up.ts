import { createdId, isAccepted } from './client.ts';
import { converge } from './converge.ts';
import type { Lane } from './stage/lane.ts';

/** Deletes what the journal has made, the last first, and begins a new journal. */
export async function cleanUp(lane: Lane): Promise<void> {
  const { journal } = lane.client;
  const deleted = new Set(journal.filter(({ verb }) => verb === 'delete').map(({ id }) => id));
  const made = journal.filter((entry) => entry.verb === 'create' && isAccepted(entry));
  for (const entry of made.toReversed()) {
    const id = createdId(entry);
    if (!deleted.has(id)) await lane.client.must({ kind: entry.kind, verb: 'delete', id });
  }
  await converge(lane, performance.now());
  lane.client.forget();
}
