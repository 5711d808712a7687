import type { IHeaders } from 'kafkajs';
import { inParallel } from '../../../platform/src/async/in-parallel.ts';
import { retry } from '../../../platform/src/async/retry.ts';
import type { Coordinates } from '../dead-letters.ts';
import { writeDeadLetter } from '../dead-letters.ts';
import { NonRetryableError, textOf } from '../errors.ts';
import type { Outgoing } from '../publisher.ts';

/** A message and where it was found. */
export interface Received extends Coordinates {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly timestamp: string;
  readonly headers?: IHeaders | undefined;
  /** Why it cannot be read: it stands for a whole record batch, which is its value. */
  readonly fault?: string;
}

export interface BatchOptions<T> {
  /** Reads messages, all of a batch at once; a NonRetryableError stands for one that cannot be read. */
  readonly prepare: (messages: readonly Received[]) => Promise<readonly (T | NonRetryableError)[]>;
  /**
   * Gives one message its effect. Messages of one key come in sequence; doing it again must change nothing. When the signal
   * aborts, the partition is another consumer's or the process stops: what is left is to end with an error.
   */
  readonly handle: (prepared: T, message: Received, signal: AbortSignal) => Promise<void>;
  /** Whether an error means that a backing service is unavailable. */
  readonly isUnavailable: (error: unknown) => boolean;
  /** Sends dead letters. */
  readonly deadLetter: (letters: readonly Outgoing[]) => Promise<void>;
  readonly onDeadLetter?: (topic: string, reason: string) => void;
  /** Messages worked on at a time. */
  readonly atOnce: number;
}

export interface BatchResult {
  /** How many messages, from the first on, have had their effect. */
  readonly done: number;
  /** Why the next one has not. */
  readonly error?: unknown;
}

/** How often a message is tried that fails although every backing service is available, and the first pause. */
const attempts = 4;
const pauseMs = 100;

/** Thrown when the signal ends the work on a message before its effect. */
class StoppedError extends Error {}

/**
 * Processes a batch: keys side by side, the messages of a key in their order. What can never be processed goes to the dead
 * letters. When a backing service is unavailable, or the signal aborts, nothing more is begun.
 */
export async function processBatch<T>(
  messages: readonly Received[],
  options: BatchOptions<T>,
  signal: AbortSignal,
): Promise<BatchResult> {
  const finished = messages.map(() => false);
  let failure: { readonly error: unknown } | undefined;
  try {
    const prepared = await prepareReadable(messages, options);
    await inParallel(indexesByKey(messages), options.atOnce, async (indexes) => {
      for (const index of indexes) {
        const [message, item] = [messages[index], prepared[index]];
        if (failure || signal.aborted || message === undefined || item === undefined) return;
        await processMessage(message, item, options, signal).catch((error: unknown) => {
          failure ??= { error };
          throw error;
        });
        finished[index] = true;
      }
    });
  } catch (error) {
    failure ??= { error };
  }
  const first = finished.indexOf(false);
  return first < 0 ? { done: messages.length } : { done: first, error: failure?.error };
}

async function prepareReadable<T>(
  messages: readonly Received[],
  { prepare }: BatchOptions<T>,
): Promise<readonly (T | NonRetryableError | undefined)[]> {
  const prepared = [...(await prepare(messages.filter(({ fault }) => fault === undefined)))];
  return messages.map(({ fault }) =>
    fault === undefined ? prepared.shift() : new NonRetryableError('unreadable', fault),
  );
}

/** Throws only when a backing service is unavailable, or the signal aborts. */
async function processMessage<T>(
  message: Received,
  item: T | NonRetryableError,
  options: BatchOptions<T>,
  signal: AbortSignal,
): Promise<void> {
  if (item instanceof NonRetryableError) return deadLetter(message, item, options);
  const { handle, isUnavailable } = options;
  const isRetryable = (error: unknown): boolean =>
    !(error instanceof NonRetryableError) && !isUnavailable(error);
  let isDone = false;
  const attempt = async (): Promise<void> => {
    await handle(item, message, signal);
    isDone = true;
  };
  try {
    await retry(attempt, { attempts, minMs: pauseMs, isRetryable, signal });
  } catch (error) {
    if (isUnavailable(error)) throw error;
    if (error instanceof NonRetryableError) return deadLetter(message, error, options);
    if (!signal.aborted) return deadLetter(message, new NonRetryableError('gave_up', textOf(error)), options);
  }
  if (!isDone) throw new StoppedError('The work on the message was stopped.');
}

/** Sends a message to the dead letters. */
export async function deadLetter(
  message: Received,
  { code, message: detail }: NonRetryableError,
  options: Pick<BatchOptions<never>, 'deadLetter' | 'onDeadLetter'>,
): Promise<void> {
  const { topic, partition, offset, key, value, headers = {} } = message;
  const failed_at = new Date().toISOString();
  const letter = { topic, partition, offset, reason: code, detail, failed_at, key, value, headers };
  await options.deadLetter([writeDeadLetter(letter)]);
  options.onDeadLetter?.(topic, code);
}

/** The indexes of the messages of each key, in their order; a message without a key stands alone. */
function indexesByKey(messages: readonly Received[]): Iterable<readonly number[]> {
  const groups = new Map<string, number[]>();
  for (const [index, { key }] of messages.entries()) {
    const name = key === null ? `without ${index}` : `key ${key.toString('latin1')}`;
    const group = groups.get(name);
    if (group) group.push(index);
    else groups.set(name, [index]);
  }
  return groups.values();
}
