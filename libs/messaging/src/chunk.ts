import { setTimeout as sleep } from 'node:timers/promises';
import type { IHeaders } from 'kafkajs';
import type { Coordinates } from './dead-letters.ts';
import { writeDeadLetter } from './dead-letters.ts';
import { NonRetryableError, textOf } from './errors.ts';
import type { Outgoing } from './publisher.ts';

/** A message with where it was found. */
export interface Received extends Coordinates {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly timestamp: string;
  readonly headers?: IHeaders | undefined;
}

export interface ChunkOptions<T> {
  /** Reads messages, all of a chunk at once; a NonRetryableError stands for one that cannot be read. */
  readonly prepare: (messages: readonly Received[]) => Promise<readonly (T | NonRetryableError)[]>;
  /** Gives one message its effect. Messages with one key come one after the other; doing it again must change nothing. */
  readonly handle: (prepared: T, message: Received) => Promise<void>;
  /** Whether an error means that an engine is away. */
  readonly isAway: (error: unknown) => boolean;
  /** Sends dead letters. */
  readonly deadLetter: (letters: readonly Outgoing[]) => Promise<void>;
  readonly onDeadLetter?: (topic: string, reason: string) => void;
  /** Messages of a chunk worked on at a time. */
  readonly atOnce: number;
}

/** How often a message is tried whose fault may pass though no engine is away. */
const attempts = 4;

/**
 * Works through a chunk: keys side by side, the messages of a key in their order. What can never be used goes to the
 * dead letters. When an engine is away nothing more is begun.
 * @returns how many messages, from the first on, have had their effect
 */
export async function processBatch<T>(
  messages: readonly Received[],
  options: ChunkOptions<T>,
): Promise<{ done: number; error?: unknown }> {
  const work = new ChunkWork(messages, options);
  return work.run();
}

class ChunkWork<T> {
  private readonly finished: boolean[];
  private failure: { error: unknown } | undefined;

  constructor(
    private readonly messages: readonly Received[],
    private readonly options: ChunkOptions<T>,
  ) {
    this.finished = messages.map(() => false);
  }

  async run(): Promise<{ done: number; error?: unknown }> {
    try {
      const prepared = await this.options.prepare(this.messages);
      const chains = byKey(this.messages).values();
      const worker = async (): Promise<void> => {
        for (const chain of chains) await this.chain(chain, prepared);
      };
      await Promise.all(Array.from({ length: this.options.atOnce }, worker));
    } catch (error) {
      this.failure = { error };
    }
    const first = this.finished.indexOf(false);
    return first < 0 ? { done: this.messages.length } : { done: first, error: this.failure?.error };
  }

  private async chain(
    indexes: readonly number[],
    prepared: readonly (T | NonRetryableError)[],
  ): Promise<void> {
    for (const index of indexes) {
      const message = this.messages[index];
      const item = prepared[index];
      if (this.failure || message === undefined || item === undefined) return;
      try {
        await this.one(item, message);
        this.finished[index] = true;
      } catch (error) {
        this.failure ??= { error };
      }
    }
  }

  /** Throws only when an engine is away. */
  private async one(item: T | NonRetryableError, message: Received): Promise<void> {
    const { handle, isAway } = this.options;
    if (item instanceof NonRetryableError) return this.deadLetter(message, item);
    for (let attempt = 1; ; attempt += 1) {
      try {
        await handle(item, message);
        return;
      } catch (error) {
        if (error instanceof NonRetryableError) return this.deadLetter(message, error);
        if (isAway(error)) throw error;
        if (attempt === attempts)
          return this.deadLetter(message, new NonRetryableError('gave_up', textOf(error)));
        await sleep(50 * 2 ** attempt);
      }
    }
  }

  private async deadLetter(message: Received, { reason, message: detail }: NonRetryableError): Promise<void> {
    const { topic, partition, offset, key, value, headers = {} } = message;
    const failed_at = new Date().toISOString();
    const letter = { topic, partition, offset, reason, detail, failed_at, key, value, headers };
    await this.options.deadLetter([writeDeadLetter(letter)]);
    this.options.onDeadLetter?.(topic, reason);
  }
}

/** The indexes of the messages of each key, in their order; a message without a key stands alone. */
function byKey(messages: readonly Received[]): number[][] {
  const chains = new Map<string, number[]>();
  for (const [index, { key }] of messages.entries()) {
    const name = key === null ? `without ${index}` : `key ${key.toString('latin1')}`;
    const chain = chains.get(name);
    if (chain) chain.push(index);
    else chains.set(name, [index]);
  }
  return [...chains.values()];
}
