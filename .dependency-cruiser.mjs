/**
 * What may import what (docs/adding-a-kind.md). Rules are keyed on folders and file suffixes, so a new kind is held by
 * them without being named here.
 */
const KIND_FILE = (role) => `/([a-z-]+)/\\1\\.${role}\\.ts$`;

const forbidden = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });
const npm = (name) => `node_modules/${name}(/|$)`;

const DATABASE_CLIENTS = [npm('pg'), npm('@prisma'), npm('prisma')];
const HTTP_FRAMEWORKS = [npm('fastify'), npm('@fastify'), npm('fastify-plugin'), npm('mercurius')];
const CLUSTER_CLIENT = npm('@kubernetes/client-node');

// biome-ignore lint/style/noDefaultExport: dependency-cruiser reads its configuration from a default export
export default {
  forbidden: [
    forbidden(
      'no-cycles',
      'A cycle has no first file to run; types may refer to each other.',
      {},
      { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    ),
    forbidden('no-unresolved', 'The import leads nowhere.', {}, { couldNotResolve: true }),
    forbidden(
      'domain-is-alone',
      'The domain knows no other package of ours and does no input or output.',
      { path: '^packages/domain/src', pathNot: '\\.test\\.ts$' },
      {
        path: [
          '^apps',
          '^packages/(?!domain)',
          ...DATABASE_CLIENTS,
          ...HTTP_FRAMEWORKS,
          CLUSTER_CLIENT,
          '^(node:)?(fs|net|http)',
        ],
      },
    ),
    forbidden(
      'domain-kinds-share-types-only',
      'A kind of the domain sees of another kind its type file, not its rules.',
      { path: '^packages/domain/src/([a-z-]+)/' },
      {
        path: '^packages/domain/src/[a-z-]+/',
        pathNot: [
          '^packages/domain/src/$1/',
          '^packages/domain/src/(?:primitives|access)/',
          '^packages/domain/src/([a-z-]+)/\\1\\.ts$',
        ],
      },
    ),
    forbidden(
      'sql-lives-in-db',
      'Only packages/db talks to PostgreSQL.',
      { path: '^(apps|packages)/', pathNot: '^packages/db/' },
      { path: DATABASE_CLIENTS },
    ),
    forbidden(
      'db-knows-rows-only',
      'The database package knows the domain and nothing else of ours.',
      { path: '^packages/db/' },
      { path: ['^apps', '^packages/(?!domain|db)', ...HTTP_FRAMEWORKS, CLUSTER_CLIENT] },
    ),
    forbidden(
      'adapter-knows-the-cluster-only',
      'The cluster adapter knows the domain and nothing else of ours.',
      { path: '^packages/k8s-adapter/' },
      { path: ['^apps', '^packages/(?!domain|k8s-adapter)', ...HTTP_FRAMEWORKS] },
    ),
    forbidden(
      'one-door-to-the-client-library',
      'Only client/client-node*.ts imports the library.',
      { path: '^(apps|packages)/', pathNot: '^packages/k8s-adapter/src/client/client-node' },
      { path: CLUSTER_CLIENT },
    ),
    forbidden(
      'api-never-touches-clusters',
      'The API accepts and answers; the worker acts.',
      { path: '^apps/api/' },
      { path: ['^packages/k8s-adapter', '^apps/(?!api)'] },
    ),
    forbidden(
      'worker-serves-no-api',
      'The worker has no tenant-facing door.',
      { path: '^apps/worker/' },
      { path: [...HTTP_FRAMEWORKS, '^apps/(?!worker)'] },
    ),
    forbidden(
      'nothing-imports-the-sandbox',
      'The sandbox starts the others.',
      { path: '^(apps|packages)/', pathNot: '^apps/sandbox/' },
      { path: '^apps/sandbox/' },
    ),
    forbidden(
      'http-at-the-edge',
      'Services, presenters and schemas know no framework.',
      {
        path: '^apps/api/src/',
        pathNot: [
          '^apps/api/src/(app|server|main)\\.ts$',
          '^apps/api/src/plugins/',
          '\\.(routes|graphql)\\.ts$',
        ],
      },
      { path: HTTP_FRAMEWORKS },
    ),
    forbidden(
      'nothing-imports-routes',
      'Routes are the outermost file of a kind; app.ts lists them.',
      { pathNot: '^apps/api/src/(app|routes)\\.ts$' },
      { path: KIND_FILE('routes') },
    ),
    forbidden(
      'services-do-not-call-services',
      "A service uses another kind's repository or domain rule, never its service.",
      { path: '^apps/api/src/([a-z-]+)/[a-z-]+\\.service\\.ts$' },
      { path: '^apps/api/src/[a-z-]+/[a-z-]+\\.service\\.ts$', pathNot: '^apps/api/src/$1/' },
    ),
    forbidden(
      'services-do-not-present',
      'A service answers domain values.',
      { path: '\\.service\\.ts$' },
      { path: '\\.(presenter|routes|graphql)\\.ts$' },
    ),
    forbidden(
      'pure-files',
      'Manifests, status and rules take all they need and do no input or output.',
      { path: '\\.(manifests|status|rules)\\.ts$' },
      {
        path: [
          '^packages/db',
          '^packages/k8s-adapter/src/client/client-node',
          '^packages/k8s-adapter/src/simulator',
          '^(node:)?(fs|net|http|crypto|timers)',
          ...DATABASE_CLIENTS,
        ],
      },
    ),
    forbidden(
      'the-engine-knows-no-kinds',
      'Kinds are handed to the engine; kinds take its types and pure helpers only.',
      { path: '^packages/k8s-adapter/src/engine/' },
      { path: KIND_FILE('(manifests|status)') },
    ),
    forbidden(
      'cluster-suite-is-a-black-box',
      'What it proves, it proves from outside.',
      { path: '^test/cluster/' },
      { path: '^(apps|packages)/' },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['generated/', '\\.tsc/'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.json'],
    },
  },
};
