# docker build -t keyward .
# docker run --init -p 127.0.0.1:4000:4000 -v keyward:/data keyward     (uses the embedded PostgreSQL)
# test/system/image.test.ts runs these instructions one by one without Docker.

FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json prisma.config.ts tsconfig.json tsconfig.build.json ./
COPY scripts ./scripts
COPY prisma ./prisma
COPY src ./src
COPY console ./console
RUN node --input-type=module -e "import { prepare } from './scripts/lib/prepare.mjs'; prepare()"

# The packages that the server needs at run time. The devDependencies are deleted, because npm would keep Prisma's command line
# and TypeScript with all their dependencies if package.json named them: they are optional peers of Prisma's client.
FROM node:24-bookworm-slim AS modules
WORKDIR /app
COPY package.json package-lock.json ./
COPY scripts ./scripts
RUN npm pkg delete devDependencies
RUN npm ci --omit=dev --omit=peer --ignore-scripts --no-audit --no-fund
RUN node --input-type=module -e "import { linkPostgresLibraries } from './scripts/lib/prepare.mjs'; linkPostgresLibraries()"

FROM node:24-bookworm-slim
WORKDIR /app
ENV NODE_ENV=production HOST=0.0.0.0 PORT=4000 DATA_DIR=/data
COPY --from=modules /app/package.json ./
COPY --from=modules /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY --from=build /app/console/dist ./console/dist
COPY --from=build /app/prisma/migrations ./prisma/migrations
COPY assets ./assets
COPY bin ./bin
RUN ln -s /app/bin/keyward.mjs /usr/local/bin/keyward
RUN install -d -o node -g node -m 0700 /data
USER node
VOLUME /data
EXPOSE 4000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/main.js"]
