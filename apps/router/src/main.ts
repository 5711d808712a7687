import { once } from 'node:events';
import { CellDirectory } from '#cells';
import { createLogger, createPool, Metrics, onShutdown, orExit } from '#platform';
import { loadRouterConfig } from './config.ts';
import { FollowedDirectory } from './directory.ts';
import { Router } from './server.ts';

/** Sends requests to the cells that they belong to. Any number of routers may run side by side. */
const config = orExit(() => loadRouterConfig(process.env));
const logger = createLogger('router', 'info');
const pool = createPool(config.directoryUrl, {
  logger,
  max: 1,
  statementTimeoutMs: 10_000,
  applicationName: 'turnstream-router',
});
const directory = new FollowedDirectory(new CellDirectory(pool), config.refreshMs, logger);
const stopping = new AbortController();
const server = new Router(directory, config, new Metrics('router')).server();
const following = directory.follow(stopping.signal);
onShutdown(
  async () => {
    stopping.abort();
    server.close();
    server.closeAllConnections();
    await following;
    await pool.end();
  },
  { logger, graceMs: 10_000 },
);
server.listen(config.port, config.host);
await once(server, 'listening');
logger.info({ port: config.port }, 'listening');
