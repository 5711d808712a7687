import type { Pool } from 'pg';
import type { Logger } from '#platform';
import { BatchWriter, batchWriterSizes, jsonSize, sleep } from '#platform';
import type { AccessItem } from '#read-models';
import { accessCheckpoint, AccessCheckpointMovedError, writeAccessRecords } from '#read-models';
import type { EventStore } from '#sessions';
import { accessPrefix, PositionBeyondEndError, subscribeToSessions } from '#sessions';

interface AccessWriterOptions {
  readonly store: EventStore;
  readonly pool: Pool;
  readonly logger: Logger;
}

const restartMs = 1_000;

/** Writes the access logs to their tables. One projector does it; a second one would do no harm. */
export class AccessWriter {
  private stopping: AbortController | undefined;
  private running: Promise<void> | undefined;

  constructor(private readonly options: AccessWriterOptions) {}

  /** Starts writing, unless it already runs. */
  start(): void {
    if (this.stopping) return;
    this.stopping = new AbortController();
    this.running = writeAccessLogs(this.options, this.stopping.signal);
  }

  /** Stops after the current batch. */
  async stop(): Promise<void> {
    this.stopping?.abort();
    this.stopping = undefined;
    await this.running;
  }
}

async function writeAccessLogs(options: AccessWriterOptions, signal: AbortSignal): Promise<void> {
  const { logger } = options;
  let isRestored = false;
  while (!signal.aborted) {
    try {
      await writeFrom(options, isRestored, signal);
    } catch (error) {
      // After a restore of the store everything is written again; existing rows stay.
      isRestored = error instanceof PositionBeyondEndError;
      const isExpected = isRestored || error instanceof AccessCheckpointMovedError;
      if (!isExpected) logger.warn({ err: error }, 'access records are not written for the moment');
    }
    await sleep(restartMs, signal);
  }
}

async function writeFrom(
  { store, pool, logger }: AccessWriterOptions,
  isRestored: boolean,
  signal: AbortSignal,
): Promise<void> {
  let from = await accessCheckpoint(pool);
  const after = from === null || isRestored ? 'start' : from;
  const ended = new AbortController();
  const both = AbortSignal.any([signal, ended.signal]);
  const batches = new BatchWriter<AccessItem>(
    {
      ...batchWriterSizes,
      sizeOf: ({ event }) => jsonSize(event.data),
      intervalMs: 0,
      write: async ({ items, position }) => {
        await writeAccessRecords(pool, items, { from, to: position });
        from = position;
      },
      isTerminal: (error) => error instanceof AccessCheckpointMovedError,
      onRetry: (err, attempt) => {
        if (attempt === 1) logger.warn({ err }, 'access records are not written yet');
      },
    },
    both,
  );
  const subscription = { prefixes: [accessPrefix], after, signal: both } as const;
  const feed = async (): Promise<void> => {
    for await (const delivery of subscribeToSessions(store, subscription)) {
      if (delivery.kind === 'access') await batches.push(delivery);
      else if (delivery.kind === 'checkpoint') batches.pass(delivery.position);
    }
  };
  try {
    await Promise.all([feed(), batches.run()]);
  } finally {
    ended.abort();
  }
}
