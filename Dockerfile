# One image for all services and the command line: what a container does is its command.
# Debian and glibc, as in the tests. No dependency has native code (those that could are optional, and left out), so the
# image of every architecture is built alike.

FROM node:20-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# No package needs its install script (package.json, allowScripts).
RUN --mount=type=cache,target=/npm npm ci --cache /npm --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY scripts scripts
COPY libs libs
COPY apps apps
RUN npm run build && find dist -name '*.map' -delete

FROM node:20-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,target=/npm npm ci --cache /npm --ignore-scripts --omit=dev --omit=optional \
  && find node_modules -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' \) -delete

FROM node:20-bookworm-slim
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Millrace" \
  org.opencontainers.image.description="Moves a relational database into MongoDB as nested documents, and keeps them right." \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}"
ENV NODE_ENV=production
WORKDIR /app
COPY LICENSE package.json ./
COPY bin bin
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
# The user `node` of the base image, by number: Kubernetes can tell from it that this is not root.
USER 1000:1000
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=4 CMD ["node", "-e", \
  "fetch('http://127.0.0.1:' + (process.env.MILLRACE_HTTP_PORT || 8080) + '/health/live').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "bin/millrace.mjs", "--help"]
