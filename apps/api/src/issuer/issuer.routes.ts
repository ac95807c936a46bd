import type { FastifyInstance } from 'fastify';
import { registerResource } from '../plugins/resource/resource-routes.ts';
import { presentIssuer } from './issuer.presenter.ts';
import { issuerSchema } from './issuer.schema.ts';
import { issuerService } from './issuer.service.ts';

export async function issuerRoutes(app: FastifyInstance): Promise<void> {
  registerResource(app, { schema: issuerSchema, service: issuerService, present: presentIssuer });
}
