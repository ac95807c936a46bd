import { graphqlResource } from '../plugins/graphql/graphql-resource.ts';
import { presentIpRange } from './ip-range.presenter.ts';
import { ipRangeSchema } from './ip-range.schema.ts';
import { ipRangeService } from './ip-range.service.ts';

export const ipRangeGraphql = graphqlResource({
  schema: ipRangeSchema,
  service: ipRangeService,
  present: presentIpRange,
  relations: [
    { kind: 'one', field: 'externalNetwork', target: 'external-network', idField: 'externalNetworkId' },
  ],
});
