import { graphqlResource } from '../plugins/graphql/graphql-resource.ts';
import { presentIssuer } from './issuer.presenter.ts';
import { issuerSchema } from './issuer.schema.ts';
import { issuerService } from './issuer.service.ts';

export const issuerGraphql = graphqlResource({
  schema: issuerSchema,
  service: issuerService,
  present: presentIssuer,
  relations: [{ kind: 'one', field: 'organization', target: 'organization', idField: 'organizationId' }],
});
