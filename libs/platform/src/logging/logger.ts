import type { LoggerService } from '@nestjs/common';
import { pino } from 'pino';
import type { DestinationStream, Logger } from 'pino';
import type { LogLevel } from '../config/config.ts';
import { isError } from '../errors/any-error.ts';
import { stackWithoutData, textWithoutData } from '../errors/without-data.ts';

export type { Logger };

/** Fields with personal data: their values are never logged, down to four levels deep. */
const personal = [
  'message_text',
  'response_text',
  'extracted_entities',
  'name',
  'device',
  'region',
  'message_id',
  'step',
  'note',
  'preferences',
  'answer',
  'authorization',
];
const redacted = ['', '*.', '*.*.', '*.*.*.'].flatMap((depth) => personal.map((field) => depth + field));

/** JSON log of one app, one line per entry, to stdout (or `destination`). */
export function createLogger(app: string, level: LogLevel = 'info', destination?: DestinationStream): Logger {
  const options = {
    level,
    base: { app, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: redacted, censor: '[redacted]' },
    serializers: { err: errorFields, error: errorFields },
  };
  // Synchronous: at exit the asynchronous stream would retry without end if its reader is gone, and the process would stay.
  return pino(options, destination ?? pino.destination({ dest: 1, sync: true }));
}

/** The loggable parts of an error: not its other members, and not values that drivers put into texts (such as PostgreSQL's detail). */
function errorFields(error: unknown): object {
  if (!isError(error)) return { message: String(error) };
  return {
    type: error.constructor.name,
    message: textWithoutData(error),
    ...(error.code !== undefined && { code: error.code }),
    stack: stackWithoutData(error),
    ...(isError(error.cause) && { cause: errorFields(error.cause) }),
  };
}

const nestLevels = {
  log: 'info',
  error: 'error',
  warn: 'warn',
  debug: 'debug',
  verbose: 'trace',
  fatal: 'fatal',
} as const;

/** Nest's own log lines, through pino; start-up messages (routes, modules) at debug. */
export function nestLogger(logger: Logger): LoggerService {
  const write =
    (method: keyof typeof nestLevels) =>
    (message: unknown, ...rest: unknown[]) => {
      const context = rest.findLast((item) => typeof item === 'string');
      const level = method === 'log' ? 'debug' : nestLevels[method];
      const err = [message, ...rest].find((item) => isError(item));
      logger[level]({ context, ...(err && { err }) }, err ? textWithoutData(err) : String(message));
    };
  return {
    log: write('log'),
    error: write('error'),
    warn: write('warn'),
    debug: write('debug'),
    verbose: write('verbose'),
    fatal: write('fatal'),
  };
}
