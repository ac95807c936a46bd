import type { FastifyInstance } from 'fastify';
import { registerResource } from '../plugins/resource/resource-routes.ts';
import { presentExternalNetwork } from './external-network.presenter.ts';
import { externalNetworkSchema } from './external-network.schema.ts';
import { externalNetworkService } from './external-network.service.ts';

export async function externalNetworkRoutes(app: FastifyInstance): Promise<void> {
  registerResource(app, {
    schema: externalNetworkSchema,
    service: externalNetworkService,
    present: presentExternalNetwork,
  });
}
