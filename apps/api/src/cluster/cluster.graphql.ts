import { graphqlResource } from '../plugins/graphql/graphql-resource.ts';
import { presentCluster } from './cluster.presenter.ts';
import { clusterSchema } from './cluster.schema.ts';
import { clusterService } from './cluster.service.ts';

export const clusterGraphql = graphqlResource({
  schema: clusterSchema,
  service: clusterService,
  present: presentCluster,
  relations: [{ kind: 'many', field: 'externalNetworks', target: 'external-network', filter: 'cluster_id' }],
});
