import type { IHeaders } from 'kafkajs';
import { inParallel } from '../../../platform/src/async/in-parallel.ts';
import { retry } from '../../../platform/src/async/retry.ts';
import type { Coordinates, DeadLetter } from '../dead-letters.ts';
import { writeDeadLetter } from '../dead-letters.ts';
import { NonRetryableError, textOf } from '../errors.ts';
import type { Outgoing } from '../publisher.ts';
import { isTooLarge } from '../topic-faults.ts';

/** A message and where it was found. */
export interface Received extends Coordinates {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly timestamp: string;
  readonly headers?: IHeaders | undefined;
  /** Why it cannot be read: it then stands for a whole record batch, which is its value. */
  readonly fault?: string;
}

export interface BatchOptions<T> {
  /** Parses all messages of a batch at once; returns a NonRetryableError for a message that cannot be read. */
  readonly prepare: (messages: readonly Received[]) => Promise<readonly (T | NonRetryableError)[]>;
  /**
   * Processes one message. Messages of one key come in sequence; repeating one must change nothing. The signal aborts
   * when the partition moves to another consumer or the process stops: end the remaining work with an error.
   */
  readonly handle: (prepared: T, message: Received, signal: AbortSignal) => Promise<void>;
  /** Whether an error means that a backing service is unavailable. */
  readonly isUnavailable: (error: unknown) => boolean;
  /** Sends dead letters. */
  readonly deadLetter: (letters: readonly Outgoing[]) => Promise<void>;
  readonly onDeadLetter?: (topic: string, reason: string) => void;
  /** Messages processed at a time. */
  readonly atOnce: number;
}

export interface BatchResult {
  /** How many messages, from the first on, are processed. */
  readonly done: number;
  /** Why the next one is not. */
  readonly error?: unknown;
  /** The offsets of those after it that are processed. */
  readonly ahead?: ReadonlySet<string>;
}

/** How often a failing message is tried while every backing service is available, and the first pause. */
const attempts = 4;
const pauseMs = 100;

/** Thrown when the signal ends the processing of a message. */
class StoppedError extends Error {}

/**
 * Processes a batch: keys in parallel, the messages of a key in order. Messages that can never be processed go to the dead
 * letters. When a backing service is unavailable, or the signal aborts, no more messages are started.
 * @param ahead the offsets of messages that an earlier attempt processed: they are left out
 */
export async function processBatch<T>(
  messages: readonly Received[],
  options: BatchOptions<T>,
  signal: AbortSignal,
  ahead: ReadonlySet<string> = new Set(),
): Promise<BatchResult> {
  const finished = new Set(messages.filter(({ offset }) => ahead.has(offset)));
  const left = messages.filter((message) => !finished.has(message));
  let failure: { readonly error: unknown } | undefined;
  try {
    const prepared = await prepareReadable(left, options, signal);
    await inParallel(indexesByKey(left), options.atOnce, async (indexes) => {
      for (const index of indexes) {
        const [message, item] = [left[index], prepared[index]];
        if (failure || signal.aborted || message === undefined || item === undefined) return;
        await processMessage(message, item, options, signal).catch((error: unknown) => {
          failure ??= { error };
          throw error;
        });
        finished.add(message);
      }
    });
  } catch (error) {
    failure ??= { error };
  }
  const done = messages.findIndex((message) => !finished.has(message));
  if (done < 0) return { done: messages.length };
  const later = messages.slice(done).filter((message) => finished.has(message));
  return { done, error: failure?.error, ahead: new Set(later.map(({ offset }) => offset)) };
}

async function prepareReadable<T>(
  messages: readonly Received[],
  options: BatchOptions<T>,
  signal: AbortSignal,
): Promise<readonly (T | NonRetryableError | undefined)[]> {
  const readable = messages.filter(({ fault }) => fault === undefined);
  const prepared = [...(await prepareAll(readable, options, signal))];
  return messages.map(({ fault }) =>
    fault === undefined ? prepared.shift() : new NonRetryableError('unreadable', fault),
  );
}

/** All at once; if that fails, one by one, to find the faulty message. */
async function prepareAll<T>(
  messages: readonly Received[],
  options: BatchOptions<T>,
  signal: AbortSignal,
): Promise<readonly (T | NonRetryableError | undefined)[]> {
  const { prepare, isUnavailable } = options;
  try {
    return await prepare(messages);
  } catch (error) {
    if (isUnavailable(error)) throw error;
  }
  const prepared: (T | NonRetryableError | undefined)[] = [];
  for (const message of messages) prepared.push(await prepareOne(message, options, signal));
  return prepared;
}

/** Throws only when a backing service is unavailable; undefined: the signal aborted. */
async function prepareOne<T>(
  message: Received,
  { prepare, isUnavailable }: BatchOptions<T>,
  signal: AbortSignal,
): Promise<T | NonRetryableError | undefined> {
  const isRetryable = (error: unknown): boolean =>
    !(error instanceof NonRetryableError) && !isUnavailable(error);
  try {
    const prepared = await retry(() => prepare([message]), { attempts, minMs: pauseMs, isRetryable, signal });
    return prepared?.[0];
  } catch (error) {
    if (isUnavailable(error)) throw error;
    return error instanceof NonRetryableError ? error : new NonRetryableError('gave_up', textOf(error));
  }
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

/** Sends a message to the dead letters, without its bytes if it does not fit. */
export async function deadLetter(
  message: Received,
  { code, message: detail }: NonRetryableError,
  options: Pick<BatchOptions<never>, 'deadLetter' | 'onDeadLetter'>,
): Promise<void> {
  const { topic, partition, offset, key, value, headers = {} } = message;
  const failed_at = new Date().toISOString();
  const letter = { topic, partition, offset, reason: code, detail, failed_at, key, value, headers };
  try {
    await options.deadLetter([writeDeadLetter(letter)]);
  } catch (error) {
    if (!isTooLarge(error)) throw error;
    await options.deadLetter([writeDeadLetter(withoutBytes(letter))]);
  }
  options.onDeadLetter?.(topic, code);
}

/** A dead letter with only the place of the message. */
function withoutBytes(letter: DeadLetter): DeadLetter {
  const detail = `Too large for here, its bytes are at its place only: ${letter.detail}`;
  return { ...letter, detail, key: null, value: null, headers: {} };
}

/** The indexes of the messages of each key, in order; a message without a key is a group by itself. */
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
