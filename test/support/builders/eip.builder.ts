import type { CreateEipBody } from '../../../apps/api/src/eip/eip.schema.ts';
import { uniqueName } from './unique-name.ts';

/** Body of `POST /v1/eips`: network and address are left to Netplane; later changes win. */
export function eipBody(projectId: string, ...changes: readonly Partial<CreateEipBody>[]): CreateEipBody {
  return Object.assign({ project_id: projectId, name: uniqueName('eip') }, ...changes);
}
