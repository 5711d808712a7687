# One image for api, projector, bridge, router and the migrations; docker-compose.yml says which of them a container runs.
FROM node:24.21.0-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY packages/cli/package.json packages/cli/
COPY packages/embedded-eventstore/package.json packages/embedded-eventstore/
COPY packages/sdk/package.json packages/sdk/
RUN npm ci
COPY . .
RUN npm run build && npm run image -- /image

FROM node:24.21.0-bookworm-slim
WORKDIR /app
ENV NODE_ENV=production
RUN mkdir -m 700 /keys /exports && chown node:node /keys /exports
COPY --from=build --chown=node:node /image ./
USER node
EXPOSE 3000
CMD ["node", "--enable-source-maps", "dist/apps/api/main.js"]
