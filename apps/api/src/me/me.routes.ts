import type { FastifyInstance } from 'fastify';
import { problemResponses } from '../plugins/resource/responses.ts';
import { presentMe } from './me.presenter.ts';
import { meSchema } from './me.schema.ts';

export async function meRoutes(app: FastifyInstance): Promise<void> {
  app.get('/v1/me', {
    schema: {
      operationId: 'me.get',
      tags: ['me'],
      summary: 'Who the token belongs to and what it may do',
      security: [{ bearer: [] }],
      response: {
        200: { description: 'The caller', content: { 'application/json': { schema: meSchema } } },
        ...problemResponses([400, 401, 405, 414, 429, 500, 503]),
      },
    },
    config: { operation: 'me.get' },
    handler: async (request) => presentMe(request.ctx.actor),
  });
}
