import { graphqlResource } from '../plugins/graphql/graphql-resource.ts';
import { presentQuota } from './quota.presenter.ts';
import { quotaSchema } from './quota.schema.ts';
import { quotaService } from './quota.service.ts';

export const quotaGraphql = graphqlResource({
  schema: quotaSchema,
  service: quotaService,
  present: presentQuota,
  relations: [
    { kind: 'one', field: 'organization', target: 'organization', idField: 'organizationId' },
    { kind: 'one', field: 'project', target: 'project', idField: 'projectId' },
  ],
});
