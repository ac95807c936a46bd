/** The OpenAPI 3.1 document, generated from the routes' own schemas. */
import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import { ProblemSchema } from './http/problem.ts';
import { ConditionSchema, StatusSchema } from './resource/fields.ts';
import type { ResourceSchema } from './resource/resource-schema.ts';

export interface OpenapiOptions {
  readonly version: string;
  readonly resources: readonly ResourceSchema[];
}

export const openapiPlugin = fp(async (app: FastifyInstance, { version, resources }: OpenapiOptions) => {
  const views = resources.flatMap(({ view, memberView }) =>
    memberView === undefined ? [view] : [view, memberView],
  );
  for (const schema of [ProblemSchema, ConditionSchema, StatusSchema, ...views]) app.addSchema(schema);
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Netplane',
        version,
        description:
          'Networks of Kubernetes clusters that run Kube-OVN: projects, external addresses, quotas, usage.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: '/' }],
      components: {
        securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      },
    },
    refResolver: { buildLocalReference: (json, _, __, index) => String(json.$id ?? `schema${index}`) },
  });
});
