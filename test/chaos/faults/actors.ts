/** Who takes part in an operation: the lane's own processes, or those of a second cluster where the operation makes one. */

import { uniqueName } from '../../support/builders/unique-name.ts';
import type { Exercise } from '../exercises.ts';
import type { Lane, Member, WorkerMember } from '../stage/lane.ts';

export interface Actors {
  readonly api: Member;
  readonly worker: WorkerMember;
  /** Of the cluster that is made, where one is. */
  readonly name: string;
  /** Ends those that came for this operation alone. */
  leave(): Promise<void>;
}

export async function actorsOf(lane: Lane, { kind }: Exercise): Promise<Actors> {
  const [worker] = lane.workers;
  if (worker === undefined) throw new Error(`${lane.name} has no worker`);
  if (kind !== 'cluster') return { api: lane.api, worker, name: '', leave: async () => {} };
  const cluster = await lane.secondCluster();
  await cluster.becomeAnother?.();
  const name = uniqueName('cluster');
  const own = await lane.addWorker({ serves: name, cluster });
  await own.program.start(); // it serves as soon as its cluster is there
  return { api: lane.api, worker: own, name, leave: () => lane.removeWorker(own) };
}
