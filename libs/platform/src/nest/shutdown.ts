import type { Logger } from '../logging/logger.ts';

interface ShutdownOptions {
  readonly logger: Logger;
  /** The process ends even if `fn` takes longer than this. */
  readonly graceMs: number;
}

/**
 * On SIGTERM or SIGINT runs `fn` once and exits with 0; with 1 when it fails or takes longer than `graceMs`. An
 * unhandled rejection or exception is logged and ends the process with 1 at once: its state can no longer be trusted.
 */
export function onShutdown(fn: () => Promise<void> | void, { logger, graceMs }: ShutdownOptions): void {
  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) return;
    stopping = true;
    logger.info({ signal }, 'stopping');
    setTimeout(() => {
      logger.error({ grace_ms: graceMs }, 'did not stop in time');
      process.exit(1);
    }, graceMs).unref();
    void finish(fn, logger);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  const crash = (err: unknown): void => {
    logger.fatal({ err }, 'unhandled error');
    process.exit(1);
  };
  process.on('unhandledRejection', crash);
  process.on('uncaughtException', crash);
}

async function finish(fn: () => Promise<void> | void, logger: Logger): Promise<void> {
  try {
    await fn();
    logger.info('stopped');
    process.exit(0);
  } catch (err) {
    logger.error({ err }, 'failed to stop cleanly');
    process.exit(1);
  }
}
