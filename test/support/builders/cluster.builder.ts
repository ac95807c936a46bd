import type { CreateClusterBody } from '../../../apps/api/src/cluster/cluster.schema.ts';
import { uniqueName } from './unique-name.ts';

/** Body of `POST /v1/clusters`; later changes win. */
export function clusterBody(...changes: readonly Partial<CreateClusterBody>[]): CreateClusterBody {
  return Object.assign({ name: uniqueName('cluster') }, ...changes);
}
