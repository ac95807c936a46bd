import type { FastifyInstance } from 'fastify';
import { registerResource } from '../plugins/resource/resource-routes.ts';
import { presentRoleBinding } from './role-binding.presenter.ts';
import { roleBindingSchema } from './role-binding.schema.ts';
import { roleBindingService } from './role-binding.service.ts';

export async function roleBindingRoutes(app: FastifyInstance): Promise<void> {
  registerResource(app, {
    schema: roleBindingSchema,
    service: roleBindingService,
    present: presentRoleBinding,
  });
}
