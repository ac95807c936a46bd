import type { FastifyInstance } from 'fastify';
import { registerResource } from '../plugins/resource/resource-routes.ts';
import { presentQuota } from './quota.presenter.ts';
import { quotaSchema } from './quota.schema.ts';
import { quotaService } from './quota.service.ts';

export async function quotaRoutes(app: FastifyInstance): Promise<void> {
  registerResource(app, { schema: quotaSchema, service: quotaService, present: presentQuota });
}
