# The worker and the CLI of TempoNest Backups, with the programs of PostgreSQL 16, TempoNest's version.
# Debian and not Alpine: the Temporal SDK has no build for musl.

FROM node:24-trixie-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
# The SDK brings its native library for every platform, 30 MB each; the image needs its own.
RUN npm run build \
    && npm prune --omit=dev --ignore-scripts --no-audit --no-fund \
    && find node_modules/@temporalio/core-bridge/releases -mindepth 1 -maxdepth 1 \
        ! -name "$(uname -m)-unknown-linux-gnu" -exec rm -r {} +

FROM node:24-trixie-slim
# Versions are not pinned: a repository keeps one of each package, and a pinned one is gone with the next fix.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates postgresql-common \
    # This image is for scratch servers, made when needed: no cluster of Debian's own.
    && echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf \
    # Debian has one major version only; PostgreSQL's own repository, with its key, has all.
    && /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh -y \
    && apt-get install --yes --no-install-recommends \
        gpg gpg-agent pigz postgresql-16 postgresql-client-16 tar tini zstd \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/apt /var/log/dpkg.log \
    # A fixed id, so that volumes keep their owner from image to image. A new volume gets the owner of the directory.
    && groupadd --gid 10001 temponest \
    && useradd --uid 10001 --gid temponest --no-create-home --home-dir /nonexistent temponest \
    && install --directory --owner=temponest --group=temponest --mode=0700 \
        /var/lib/temponest-backups /backups

WORKDIR /app
ENV NODE_ENV=production
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json LICENSE ./
RUN ln -s /app/dist/client/main.js /usr/local/bin/temponest-backups

USER 10001:10001
# Staging, and the store of file:///backups.
VOLUME ["/var/lib/temponest-backups", "/backups"]
EXPOSE 9090
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["node", "-e", "fetch('http://127.0.0.1:9090/health').then(({ ok }) => process.exit(ok ? 0 : 1))"]
# tini reaps what a killed step leaves behind, and passes SIGTERM on.
ENTRYPOINT ["/usr/bin/tini", "--"]
CMD ["temponest-backups", "worker"]
