import type { FastifyInstance } from 'fastify';
import { registerResource } from '../plugins/resource/resource-routes.ts';
import { presentProject } from './project.presenter.ts';
import { projectSchema } from './project.schema.ts';
import { projectService } from './project.service.ts';

export async function projectRoutes(app: FastifyInstance): Promise<void> {
  registerResource(app, { schema: projectSchema, service: projectService, present: presentProject });
}
