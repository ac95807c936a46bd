import { graphqlResource } from '../plugins/graphql/graphql-resource.ts';
import { presentExternalNetwork } from './external-network.presenter.ts';
import { externalNetworkSchema } from './external-network.schema.ts';
import { externalNetworkService } from './external-network.service.ts';

export const externalNetworkGraphql = graphqlResource({
  schema: externalNetworkSchema,
  service: externalNetworkService,
  present: presentExternalNetwork,
  relations: [
    { kind: 'one', field: 'cluster', target: 'cluster', idField: 'clusterId' },
    { kind: 'many', field: 'ipRanges', target: 'ip-range', filter: 'external_network_id' },
  ],
});
