import type { FastifyInstance } from 'fastify';
import { registerResource } from '../plugins/resource/resource-routes.ts';
import { presentEip } from './eip.presenter.ts';
import { eipSchema } from './eip.schema.ts';
import { eipService } from './eip.service.ts';

export async function eipRoutes(app: FastifyInstance): Promise<void> {
  registerResource(app, { schema: eipSchema, service: eipService, present: presentEip });
}
