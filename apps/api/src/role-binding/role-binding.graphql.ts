import { graphqlResource } from '../plugins/graphql/graphql-resource.ts';
import { presentRoleBinding } from './role-binding.presenter.ts';
import { roleBindingSchema } from './role-binding.schema.ts';
import { roleBindingService } from './role-binding.service.ts';

export const roleBindingGraphql = graphqlResource({
  schema: roleBindingSchema,
  service: roleBindingService,
  present: presentRoleBinding,
  relations: [
    { kind: 'one', field: 'organization', target: 'organization', idField: 'organizationId' },
    { kind: 'one', field: 'issuer', target: 'issuer', idField: 'issuerId' },
  ],
});
