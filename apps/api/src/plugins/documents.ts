/** The API reference and GraphiQL, served from their npm packages: no page loads anything from elsewhere. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';

const { resolve } = createRequire(import.meta.url);

/** A file of a package, also where the package's exports do not list it. */
function fileOf(packageName: string, path: string): string {
  return join(dirname(resolve(`${packageName}/package.json`)), path);
}

export async function apiReference(app: FastifyInstance): Promise<void> {
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: false,
    uiConfig: { deepLinking: true, persistAuthorization: false, validatorUrl: null },
  });
}

const graphiqlFiles = {
  'react.js': { path: fileOf('react', 'umd/react.production.min.js'), type: 'text/javascript' },
  'react-dom.js': { path: fileOf('react-dom', 'umd/react-dom.production.min.js'), type: 'text/javascript' },
  'graphiql.js': { path: fileOf('graphiql', 'graphiql.min.js'), type: 'text/javascript' },
  'graphiql.css': { path: fileOf('graphiql', 'graphiql.min.css'), type: 'text/css' },
} as const;

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Netplane GraphiQL</title>
<link rel="stylesheet" href="/graphiql/graphiql.css">
<style>html, body, #graphiql { height: 100%; margin: 0 }</style>
</head>
<body>
<div id="graphiql">Loading…</div>
<script src="/graphiql/react.js"></script>
<script src="/graphiql/react-dom.js"></script>
<script src="/graphiql/graphiql.js"></script>
<script src="/graphiql/start.js"></script>
</body>
</html>`;

const start = `const fetcher = GraphiQL.createFetcher({ url: '/graphql' });
ReactDOM.createRoot(document.getElementById('graphiql')).render(
  React.createElement(GraphiQL, {
    fetcher,
    defaultEditorToolsVisibility: 'headers',
    defaultHeaders: JSON.stringify({ authorization: 'Bearer ' }, null, 2),
    defaultQuery: '{ me { subject organizations { name role } } }',
    shouldPersistHeaders: false,
  }),
);`;

const options = { config: { isPublic: true }, schema: { hide: true } };

export async function graphiql(app: FastifyInstance): Promise<void> {
  app.get('/graphiql', { ...options, handler: (_, reply) => reply.type('text/html').send(page) });
  app.get('/graphiql/start.js', {
    ...options,
    handler: (_, reply) => reply.type('text/javascript').send(start),
  });
  for (const [name, file] of Object.entries(graphiqlFiles)) {
    const content = await readFile(file.path);
    app.get(`/graphiql/${name}`, { ...options, handler: (_, reply) => reply.type(file.type).send(content) });
  }
}
