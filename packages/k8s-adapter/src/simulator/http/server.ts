import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { ApiError, badRequest, internalError } from '../api/api-error.ts';
import { ConnectionDropped } from '../faults.ts';
import type { Simulator } from '../simulator.ts';
import { apiGroupBody, apiGroupsBody, apiResourcesBody, apiVersionsBody, versionBody } from './discovery.ts';
import { answerError, answerJson, answerText, type Exchange, readBody } from './exchange.ts';
import { turnKnob } from './knob-routes.ts';
import { type Route, routeOf } from './path.ts';
import { serveResource } from './resource-routes.ts';

/** An HTTP server (not listening yet) that speaks for the simulator as an API server does. */
export function createSimulatorServer(simulator: Simulator, log: (message: string) => void): Server {
  return createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    handle(simulator, request, response).catch((error: unknown) => {
      if (error instanceof ConnectionDropped || response.headersSent) {
        request.socket.destroy();
        return;
      }
      if (!(error instanceof ApiError)) log(`${request.method} ${request.url} failed: ${String(error)}`);
      answerError(response, error instanceof ApiError ? error : internalError(String(error)));
    });
  });
}

async function handle(
  simulator: Simulator,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://simulator');
  const path = decodedPath(url.pathname);
  const route = routeOf(path, simulator.kinds);
  const exchange: Exchange = { request, response, path, query: url.searchParams };
  if (route.type === 'collection' || route.type === 'object') {
    await serveResource(simulator, route, exchange);
  } else if (route.type === 'knob') {
    answerJson(response, 200, await turnKnob(simulator.knobs, route.knob, await readBody(request)));
  } else if (route.type === 'health') {
    answerText(response, 200, 'ok');
  } else {
    const body = discoveryBody(route, simulator);
    if (body === undefined) answerText(response, 404, '404 page not found\n');
    else answerJson(response, 200, body);
  }
}

function decodedPath(pathname: string): string {
  try {
    return decodeURIComponent(pathname);
  } catch {
    throw badRequest('the path is not well-formed');
  }
}

function discoveryBody(route: Route, { kinds }: Simulator) {
  switch (route.type) {
    case 'version':
      return versionBody;
    case 'api-versions':
      return apiVersionsBody;
    case 'api-groups':
      return apiGroupsBody(kinds);
    case 'api-group':
      return apiGroupBody(route.group, kinds);
    case 'api-resources':
      return apiResourcesBody(route.apiVersion, kinds);
    default:
      return undefined;
  }
}
