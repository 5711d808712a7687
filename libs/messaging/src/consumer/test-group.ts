import type { Admin, ConsumerRunConfig, EachBatchPayload } from 'kafkajs';
import { NonRetryableError } from '../errors.ts';
import type { Outgoing } from '../publisher.ts';
import type { ConsumerOptions, LoopConsumer } from './loop.ts';
import { ConsumerLoop } from './loop.ts';

const topic = 'orders.events';
const ignore = (): void => undefined;
const signs = { FETCH: 'fetch', HEARTBEAT: 'heartbeat', GROUP_JOIN: 'join' };

export class UnavailableError extends Error {}

/** Fakes a consumer for the loop, with batches and events as from Kafka. */
export class FakeConsumer {
  readonly events = { ...signs, CRASH: 'crash', REQUEST_TIMEOUT: 'request timeout' };
  private readonly listeners: { readonly name: string; readonly listener: (event: object) => void }[] = [];
  private config: ConsumerRunConfig | undefined;
  /** Why a commit fails. */
  commitFault: () => Error | undefined = () => undefined;
  isRunning = true;

  /** `steps`: the calls on it, in order. */
  constructor(private readonly steps: string[]) {}

  on(name: string, listener: (event: object) => void): void {
    this.listeners.push({ name, listener });
  }
  emit(name: string, payload: object = {}): void {
    for (const one of this.listeners) if (one.name === name) one.listener({ payload });
  }
  join(...partitions: number[]): void {
    this.emit('join', { memberId: 'me', memberAssignment: { [topic]: partitions } });
  }
  async connect(): Promise<void> {
    this.steps.push('connect');
  }
  async subscribe(): Promise<void> {
    this.steps.push('subscribe');
  }
  async run(config: ConsumerRunConfig): Promise<void> {
    this.config = config;
    this.join(0, 1);
  }
  async disconnect(): Promise<void> {
    this.steps.push('disconnect');
  }
  pause(): void {
    this.steps.push('pause');
  }
  resume(): void {
    this.steps.push('resume');
  }
  /** A batch with these texts, at the offsets from `first` on. */
  async batch(first: number, ...texts: string[]): Promise<void> {
    await this.batchOf(0, first, ...texts);
  }
  async batchOf(partition: number, first: number, ...texts: string[]): Promise<void> {
    const messages = texts.map((text, index) => ({
      key: null,
      value: Buffer.from(text),
      offset: String(first + index),
      timestamp: '0',
    }));
    const payload = {
      batch: { topic, partition, messages },
      isRunning: () => this.isRunning,
      isStale: () => false,
      heartbeat: async () => undefined,
      resolveOffset: (offset: string) => this.steps.push(`resolve ${offset}`),
      commitOffsetsIfNecessary: async (
        offsets: Parameters<EachBatchPayload['commitOffsetsIfNecessary']>[0],
      ) => {
        const fault = this.commitFault();
        if (fault) throw fault;
        this.steps.push(`commit ${committedText(offsets?.topics[0]?.partitions[0])}`);
      },
    };
    await this.config?.eachBatch?.(payload as unknown as EachBatchPayload);
  }
}

/** An offset, and the last offset in progress. */
function committedText(partition?: { offset: string; metadata?: string | null }): string {
  const { to, deaths } = JSON.parse(partition?.metadata || '{}') as { to?: string; deaths?: number };
  const inWork = to === undefined ? '' : ` to ${to}${deaths ? ` after ${deaths} deaths` : ''}`;
  return `${partition?.offset}${inWork}`;
}

/** A loop on a fake consumer group. */
export class TestGroup {
  /** The consumers that the loop opened, latest last, and all steps since its start, in order. */
  readonly consumers: FakeConsumer[] = [];
  readonly steps: string[] = [];
  readonly letters: Outgoing[] = [];
  readonly stop = new AbortController();
  /** Whether the backing services are available. */
  available = true;
  /** The group's committed offsets and its members. */
  committed: { partition: number; offset: string; metadata: string | null }[] = [];
  members: { memberId: string; clientId: string }[] = [];
  running: Promise<void> = Promise.resolve();

  /** Starts the loop; `settle` lets it run. */
  async start(
    settle: () => Promise<void>,
    more: Partial<ConsumerOptions<string>> = {},
  ): Promise<FakeConsumer> {
    this.running = new ConsumerLoop<string>(this.options(more)).run(this.stop.signal);
    await settle();
    this.steps.length = 0;
    const consumer = this.consumers.at(-1);
    if (!consumer) throw new Error('The loop opened no consumer.');
    return consumer;
  }

  private options(more: Partial<ConsumerOptions<string>>): ConsumerOptions<string> {
    return {
      kafka: { consumer: () => this.open(), admin: () => this.admin() },
      groupId: 'spec',
      topic,
      partitionsAtOnce: 1,
      chunkSize: 2,
      atOnce: 1,
      prepare: async (messages) => messages.map(({ value }) => String(value)),
      handle: async (text) => {
        if (text === 'poison') throw new NonRetryableError('refused', 'no');
        if (!this.available) throw new UnavailableError();
        this.steps.push(text);
      },
      isUnavailable: (error) => error instanceof UnavailableError,
      ready: async () => {
        if (!this.available) throw new UnavailableError();
      },
      deadLetter: async (sent) => void this.letters.push(...sent),
      log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
      ...more,
    };
  }

  private open(): LoopConsumer {
    const consumer = new FakeConsumer(this.steps);
    this.consumers.push(consumer);
    return consumer as unknown as LoopConsumer;
  }

  private admin(): Admin {
    const { members } = this;
    return {
      connect: async () => undefined,
      disconnect: async () => undefined,
      fetchOffsets: async () => [{ topic, partitions: this.committed }],
      describeGroups: async () => ({ groups: [{ members }] }),
    } as unknown as Admin;
  }
}
