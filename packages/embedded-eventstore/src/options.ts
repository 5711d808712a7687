import { parseArgs } from 'node:util';
import { LIKE_A_SERVER } from './like-a-server.ts';
import { DEFAULT_MAX_APPEND_SIZE, type ServerOptions } from './server.ts';

export const USAGE = `usage:
  turnstream-event-store --port P --data DIR [--mode secure|insecure] [--host H] [--advertise HOST:PORT]
                         [--like-a-server]
  turnstream-event-store scavenge --data DIR           (the store must be stopped)
  turnstream-event-store verify   --data DIR
  turnstream-event-store backup   --data DIR --to DIR`;

/** Advertised addresses that other machines cannot reach. */
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+)$/;

/** Thrown when the command line or the environment is not valid. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Reads the command line, `EVENTSTORE_MAX_APPEND_SIZE` and `EVENTSTORE_STREAM_INFO_CACHE_CAPACITY`. Throws UsageError. */
export const parseOptions = (args: readonly string[], env: NodeJS.ProcessEnv): ServerOptions => {
  const { port, data, mode, host, advertise, 'like-a-server': isLikeAServer } = parseFlags(args);
  if (data === undefined || data === '') throw new UsageError('--data DIR is required');
  if (mode !== 'secure' && mode !== 'insecure') throw new UsageError(`--mode must be secure or insecure`);
  const endpoint = advertise === undefined ? undefined : parseEndpoint(advertise);
  const capacity = fromEnvironment(env, 'EVENTSTORE_STREAM_INFO_CACHE_CAPACITY', 10_000_000);
  const isLocal = endpoint === undefined || LOOPBACK.test(endpoint.host);
  return {
    dir: data,
    port: parseNumber('--port', port, 65_535),
    host: host ?? (isLocal ? '127.0.0.1' : '0.0.0.0'),
    secure: mode === 'secure',
    maxAppendSize:
      fromEnvironment(env, 'EVENTSTORE_MAX_APPEND_SIZE', 16 * 1024 * 1024) ?? DEFAULT_MAX_APPEND_SIZE,
    ...(capacity !== undefined && { streamInfoCacheCapacity: capacity }),
    ...(endpoint && { advertise: endpoint }),
    ...(isLikeAServer && { likeAServer: LIKE_A_SERVER }),
  };
};

/** Reads the directories of a command. Throws UsageError. */
export const parseDirectories = (args: readonly string[], ...more: 'to'[]): { data: string; to: string } => {
  const { data = '', to = '' } = parseCommandFlags(args);
  if (data === '') throw new UsageError('--data DIR is required');
  if (more.includes('to') && to === '') throw new UsageError('--to DIR is required');
  return { data, to };
};

const parseCommandFlags = (args: readonly string[]) => {
  try {
    return parseArgs({ args: [...args], options: { data: { type: 'string' }, to: { type: 'string' } } })
      .values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
};

const parseFlags = (args: readonly string[]) => {
  try {
    return parseArgs({
      args: [...args],
      options: {
        port: { type: 'string', default: '2113' },
        data: { type: 'string' },
        mode: { type: 'string', default: 'insecure' },
        host: { type: 'string' },
        advertise: { type: 'string' },
        'like-a-server': { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
};

const parseNumber = (name: string, text: string, max: number): number => {
  const value = Number(text);
  if (text === '' || !Number.isInteger(value) || value < 0 || value > max) {
    throw new UsageError(`${name} must be a whole number from 0 to ${max}, not '${text}'`);
  }
  return value;
};

const parseEndpoint = (text: string): { host: string; port: number } => {
  const colon = text.lastIndexOf(':');
  if (colon < 1) throw new UsageError(`--advertise must be HOST:PORT, not '${text}'`);
  return { host: text.slice(0, colon), port: parseNumber('--advertise', text.slice(colon + 1), 65_535) };
};

/** The value of a variable; undefined: it is not set. */
const fromEnvironment = (env: NodeJS.ProcessEnv, name: string, max: number): number | undefined => {
  const text = env[name] ?? '';
  return text === '' ? undefined : parseNumber(name, text, max);
};
