import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { createApp, createLogger, listen, loadConfig } from '#platform';
import { connectionSettings } from '#read-models';
import type { TestApp } from '../apps/api/src/test-app.ts';
import { startTestApp } from '../apps/api/src/test-app.ts';
import { ProjectorModule } from '../apps/projector/src/projector.module.ts';
import type { TestDatabase } from '../libs/platform/src/testing/test-services.ts';
import { createTestDatabase, emptyRedis, redisUrlOf } from '../libs/platform/src/testing/test-services.ts';
import { startEventStore } from '../packages/embedded-eventstore/src/index.ts';
import { initKeyFile } from '../tools/keys/key-file.ts';

/** Api and projector with keys, on the spec's own event store, tables and Redis. */
export interface SealedApps {
  /** Holds the files of the event store and of the keys. */
  readonly dir: string;
  readonly app: TestApp;
  readonly redis: Redis;
  readonly database: TestDatabase;
  readonly close: () => Promise<void>;
}

export async function startSealedApps(name: string): Promise<SealedApps> {
  const dir = mkdtempSync(join(tmpdir(), `turnstream-${name}-`));
  const opened: (() => unknown)[] = [() => rmSync(dir, { recursive: true, force: true })];
  const close = async (): Promise<void> => {
    for (const end of opened.splice(0).toReversed()) await end();
  };
  try {
    initKeyFile(join(dir, 'master-keys.json'));
    process.env['KEYSTORE_URL'] = `file:${join(dir, 'keys.db')}`;
    process.env['MASTER_KEYS'] = `file:${join(dir, 'master-keys.json')}`;
    const events = await startEventStore({ dir: join(dir, 'events') });
    opened.push(() => events.stop());
    const redis = await emptyRedis();
    opened.push(() => redis.quit());
    const database = await createTestDatabase();
    opened.push(() => database.drop());
    const own = {
      eventStoreUrl: events.connectionString,
      redisUrl: redisUrlOf(redis),
      databaseUrl: database.url,
    };
    const projector = await createApp(
      {
        name: 'projector',
        defaultPort: 3001,
        module: ProjectorModule,
        postgres: { max: 6, settings: connectionSettings },
      },
      { ...loadConfig({ ...process.env, REDIS_URL: own.redisUrl }), ...own },
      createLogger('projector', 'silent'),
    );
    opened.push(() => projector.close());
    const app = await startTestApp(own);
    opened.push(() => app.close());
    await listen(projector, { host: '127.0.0.1', port: 0 });
    return { dir, app, redis, database, close };
  } catch (error) {
    await close();
    throw error;
  }
}
