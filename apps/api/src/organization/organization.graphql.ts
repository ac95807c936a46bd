import { graphqlResource } from '../plugins/graphql/graphql-resource.ts';
import { presentOrganization } from './organization.presenter.ts';
import { organizationSchema } from './organization.schema.ts';
import { organizationService } from './organization.service.ts';

export const organizationGraphql = graphqlResource({
  schema: organizationSchema,
  service: organizationService,
  present: presentOrganization,
  relations: [
    { kind: 'many', field: 'projects', target: 'project', filter: 'organization_id' },
    { kind: 'many', field: 'eips', target: 'eip', filter: 'organization_id' },
    { kind: 'many', field: 'quotas', target: 'quota', filter: 'organization_id' },
    { kind: 'many', field: 'roleBindings', target: 'role-binding', filter: 'organization_id' },
  ],
});
