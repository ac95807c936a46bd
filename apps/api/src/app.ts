/** The API as one fastify instance: plugins first, then one line per kind. */
import { maxHeaderSize } from 'node:http';
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from 'fastify';
import type { Registry } from 'prom-client';
import { clusterGraphql } from './cluster/cluster.graphql.ts';
import { clusterRoutes } from './cluster/cluster.routes.ts';
import type { ApiServices } from './context.ts';
import { eipGraphql } from './eip/eip.graphql.ts';
import { eipRoutes } from './eip/eip.routes.ts';
import { externalNetworkGraphql } from './external-network/external-network.graphql.ts';
import { externalNetworkRoutes } from './external-network/external-network.routes.ts';
import { ipRangeGraphql } from './ip-range/ip-range.graphql.ts';
import { ipRangeRoutes } from './ip-range/ip-range.routes.ts';
import { issuerGraphql } from './issuer/issuer.graphql.ts';
import { issuerRoutes } from './issuer/issuer.routes.ts';
import { meGraphql } from './me/me.graphql.ts';
import { meRoutes } from './me/me.routes.ts';
import { organizationGraphql } from './organization/organization.graphql.ts';
import { organizationRoutes } from './organization/organization.routes.ts';
import { authenticationPlugin } from './plugins/authentication/authentication.ts';
import type { Authenticator } from './plugins/authentication/authenticator.ts';
import { apiReference, graphiql } from './plugins/documents.ts';
import { graphqlPlugin } from './plugins/graphql/graphql.ts';
import { buildGraphql, type GraphqlParts } from './plugins/graphql/schema.ts';
import { healthRoutes } from './plugins/health.ts';
import { takeJsonOnly } from './plugins/http/bodies.ts';
import { browsersPlugin } from './plugins/http/browsers.ts';
import { answerClientError, errorHandlerPlugin, sendProblem } from './plugins/http/error-handler.ts';
import { collectMethods } from './plugins/http/method-not-allowed.ts';
import { createGate, slotPlugin } from './plugins/http/overload.ts';
import { rateLimitPlugin } from './plugins/http/rate-limit.ts';
import { requestIdOf } from './plugins/http/request-id.ts';
import { refuseUnstorableText } from './plugins/http/storable-text.ts';
import { installValidation } from './plugins/http/validation.ts';
import { metricsPlugin } from './plugins/metrics.ts';
import { openapiPlugin } from './plugins/openapi.ts';
import { projectGraphql } from './project/project.graphql.ts';
import { projectRoutes } from './project/project.routes.ts';
import { quotaGraphql } from './quota/quota.graphql.ts';
import { quotaRoutes } from './quota/quota.routes.ts';
import { roleBindingGraphql } from './role-binding/role-binding.graphql.ts';
import { roleBindingRoutes } from './role-binding/role-binding.routes.ts';

export interface AppOptions {
  readonly services: ApiServices;
  readonly authenticator: Authenticator;
  readonly registry: Registry;
  readonly logger: FastifyBaseLogger;
  readonly version: string;
  readonly isStopping: () => boolean;
}

const BODY_LIMIT_BYTES = 1024 * 1024;
/** More requests at once than connections: one is read and answered while another is in the database. */
const RUNNING_PER_CONNECTION = 1;

const routes = [
  meRoutes,
  organizationRoutes,
  projectRoutes,
  clusterRoutes,
  externalNetworkRoutes,
  ipRangeRoutes,
  eipRoutes,
  quotaRoutes,
  issuerRoutes,
  roleBindingRoutes,
];

const graphqlResources = [
  organizationGraphql,
  projectGraphql,
  clusterGraphql,
  externalNetworkGraphql,
  ipRangeGraphql,
  eipGraphql,
  quotaGraphql,
  issuerGraphql,
  roleBindingGraphql,
];

/** The GraphQL schema of all kinds. */
export function graphqlParts(): GraphqlParts {
  return buildGraphql(graphqlResources, [meGraphql()]);
}

/** An app that is ready to listen or to be injected. */
export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const { services, authenticator } = options;
  const { settings } = services;
  const gate = createGate({
    runningMax: settings.DATABASE_POOL_SIZE * RUNNING_PER_CONNECTION,
    origins: settings.CORS_ORIGINS,
    logger: options.logger,
  });
  const app: FastifyInstance = fastify({
    loggerInstance: options.logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT_BYTES,
    trustProxy: settings.TRUST_PROXY,
    genReqId: (request) => requestIdOf(request.headers['x-request-id']),
    serverFactory: gate.serverFactory,
    // an id of any length is looked for, and not found
    routerOptions: { maxParamLength: maxHeaderSize },
    return503OnClosing: true,
    clientErrorHandler: answerClientError,
    frameworkErrors: (error, request, reply) => void sendProblem(request, reply, error),
  });
  refuseUnstorableText(app);
  installValidation(app);
  takeJsonOnly(app);
  const addMethodsNotAllowed = collectMethods(app);
  // hooks that wait for nothing call back: a promise each would be a measurable part of a request
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    reply.header('cache-control', 'private, no-cache');
    done();
  });
  app.addHook('onSend', (_, reply, payload, done) => {
    // a connection that was waiting when the process began to stop would keep it alive
    if (options.isStopping()) reply.header('connection', 'close');
    done(null, payload);
  });
  app.addHook('onResponse', (request, reply, done) => {
    const { operation } = request.routeOptions.config;
    request.log.info(
      { operation, status: reply.statusCode, ms: Math.round(reply.elapsedTime) },
      request.method,
    );
    done();
  });
  await app.register(errorHandlerPlugin);
  await app.register(browsersPlugin, { origins: settings.CORS_ORIGINS });
  await app.register(slotPlugin, { gate });
  await app.register(rateLimitPlugin, {
    perSecond: settings.RATE_LIMIT_PER_SECOND,
    burst: settings.RATE_LIMIT_BURST,
  });
  await app.register(metricsPlugin, { registry: options.registry, gate });
  const resources = graphqlResources.map(({ schema }) => schema);
  await app.register(openapiPlugin, { version: options.version, resources });
  await app.register(healthRoutes, { database: services.database, isStopping: options.isStopping });
  if (settings.API_DOCS) await app.register(apiReference);
  if (settings.GRAPHIQL) await app.register(graphiql);
  await app.register(async (authenticated) => {
    await authenticated.register(authenticationPlugin, { authenticator, services, gate });
    for (const register of routes) await authenticated.register(register);
    await authenticated.register(graphqlPlugin, {
      parts: graphqlParts(),
      introspection: settings.GRAPHQL_INTROSPECTION,
    });
  });
  addMethodsNotAllowed();
  await app.ready();
  return app;
}
