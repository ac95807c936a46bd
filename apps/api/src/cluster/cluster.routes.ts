import type { FastifyInstance } from 'fastify';
import { registerResource } from '../plugins/resource/resource-routes.ts';
import { presentCluster } from './cluster.presenter.ts';
import { clusterSchema } from './cluster.schema.ts';
import { clusterService } from './cluster.service.ts';

export async function clusterRoutes(app: FastifyInstance): Promise<void> {
  registerResource(app, { schema: clusterSchema, service: clusterService, present: presentCluster });
}
