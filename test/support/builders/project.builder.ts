import type { CreateProjectBody } from '../../../apps/api/src/project/project.schema.ts';
import { uniqueName } from './unique-name.ts';

/** Body of `POST /v1/projects`: everything that can be chosen is left to Netplane; later changes win. */
export function projectBody(
  organizationId: string,
  ...changes: readonly Partial<CreateProjectBody>[]
): CreateProjectBody {
  return Object.assign({ organization_id: organizationId, name: uniqueName('project') }, ...changes);
}
