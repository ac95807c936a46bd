import { graphqlResource } from '../plugins/graphql/graphql-resource.ts';
import { presentProject } from './project.presenter.ts';
import { projectSchema } from './project.schema.ts';
import { projectService } from './project.service.ts';

export const projectGraphql = graphqlResource({
  schema: projectSchema,
  service: projectService,
  present: presentProject,
  relations: [
    { kind: 'one', field: 'organization', target: 'organization', idField: 'organizationId' },
    { kind: 'one', field: 'cluster', target: 'cluster', idField: 'clusterId' },
    { kind: 'one', field: 'network', target: 'external-network', idField: 'networkId' },
    { kind: 'one', field: 'gatewayEip', target: 'eip', idField: 'gatewayEipId' },
    { kind: 'many', field: 'eips', target: 'eip', filter: 'project_id' },
    { kind: 'many', field: 'quotas', target: 'quota', filter: 'project_id' },
  ],
});
