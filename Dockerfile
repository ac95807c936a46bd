# One image for every process of Netplane; the arguments say which:
#
#   docker build -t netplane .
#   docker run netplane                                        the API (`node apps/api/src/main.ts`)
#   docker run netplane node apps/worker/src/main.ts           the worker
#   docker run netplane node packages/db/src/migrate/main.ts   roles, logins, migrations, first issuer; then it ends
#
# Node runs the TypeScript sources as they are, so there is nothing to compile. `.env.example` lists the environment.

# Node 24 or newer: older ones do not run TypeScript.
ARG NODE_IMAGE=node:24-bookworm-slim

# Everything, to generate the Prisma client; the generator works offline and is not part of the image.
FROM ${NODE_IMAGE} AS generate
WORKDIR /netplane
COPY package.json package-lock.json .npmrc ./
COPY packages/db/package.json packages/db/
COPY packages/domain/package.json packages/domain/
COPY packages/k8s-adapter/package.json packages/k8s-adapter/
COPY apps/api/package.json apps/api/
COPY apps/sandbox/package.json apps/sandbox/
COPY apps/worker/package.json apps/worker/
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY prisma prisma
RUN npm run --silent generate:prisma

# Only what the API and the worker need. Without optional packages: they are the Node and the PostgreSQL of the sandbox.
FROM ${NODE_IMAGE} AS dependencies
WORKDIR /netplane
COPY package.json package-lock.json .npmrc ./
COPY packages/db/package.json packages/db/
COPY packages/domain/package.json packages/domain/
COPY packages/k8s-adapter/package.json packages/k8s-adapter/
COPY apps/api/package.json apps/api/
COPY apps/sandbox/package.json apps/sandbox/
COPY apps/worker/package.json apps/worker/
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund \
      --workspace @netplane/api --workspace @netplane/worker

FROM ${NODE_IMAGE}
ENV NODE_ENV=production
WORKDIR /netplane
COPY --from=dependencies /netplane/node_modules node_modules
COPY package.json LICENSE ./
COPY prisma/migrations prisma/migrations
COPY packages packages
COPY --from=generate /netplane/packages/db/src/prisma/generated packages/db/src/prisma/generated
COPY apps/api apps/api
COPY apps/worker apps/worker
# The user of the Deployments in deploy/kubernetes. The files stay root's: the process cannot change its own code.
USER 1000:1000
# API; its /metrics and the worker's health and /metrics listen on loopback unless ADMIN_HOST says otherwise
EXPOSE 8080
CMD ["node", "apps/api/src/main.ts"]
