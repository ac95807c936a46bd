import type { FastifyInstance } from 'fastify';
import { registerResource } from '../plugins/resource/resource-routes.ts';
import { presentIpRange } from './ip-range.presenter.ts';
import { ipRangeSchema } from './ip-range.schema.ts';
import { ipRangeService } from './ip-range.service.ts';

export async function ipRangeRoutes(app: FastifyInstance): Promise<void> {
  registerResource(app, { schema: ipRangeSchema, service: ipRangeService, present: presentIpRange });
}
