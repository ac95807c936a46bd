import { graphqlResource } from '../plugins/graphql/graphql-resource.ts';
import { presentEip } from './eip.presenter.ts';
import { eipSchema } from './eip.schema.ts';
import { eipService } from './eip.service.ts';

export const eipGraphql = graphqlResource({
  schema: eipSchema,
  service: eipService,
  present: presentEip,
  relations: [
    { kind: 'one', field: 'organization', target: 'organization', idField: 'organizationId' },
    { kind: 'one', field: 'project', target: 'project', idField: 'projectId' },
    { kind: 'one', field: 'externalNetwork', target: 'external-network', idField: 'networkId' },
  ],
});
