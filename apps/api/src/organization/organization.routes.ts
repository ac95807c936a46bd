import type { FastifyInstance } from 'fastify';
import { registerResource } from '../plugins/resource/resource-routes.ts';
import { presentOrganization } from './organization.presenter.ts';
import { organizationSchema } from './organization.schema.ts';
import { organizationService } from './organization.service.ts';

export async function organizationRoutes(app: FastifyInstance): Promise<void> {
  registerResource(app, {
    schema: organizationSchema,
    service: organizationService,
    present: presentOrganization,
  });
}
