import type { Outgoing } from '#messaging';
import { BatchWriter } from '#platform';

/** A message on its way to Kafka. */
export interface Sending {
  readonly message: Outgoing;
  /** Called when a request with it begins, and when that ends: it is in all replicas, or it is sent again because of an error. */
  readonly onBegin: () => void;
  readonly onEnd: (isSent: boolean, error?: unknown) => void;
  /** Aborted when the publisher ends: the message is no longer sent. */
  readonly signal: AbortSignal;
}

/** Sends messages of one Kafka partition. */
interface Sender {
  readonly send: (messages: readonly Outgoing[]) => Promise<void>;
  readonly close: () => Promise<void>;
}

interface FlowsPorts {
  /** The shared sender of all flows. */
  readonly send: Sender['send'];
  /** Opens a sender with its own connections. */
  readonly openSender: () => Sender;
  /** The number of the topic's partitions; rejects while Kafka does not answer. */
  readonly countPartitions: () => Promise<number>;
  readonly partitionOf: (message: Outgoing, partitions: number) => number;
  readonly onSent: (messages: number) => void;
  readonly onRetry: (error: unknown, kafkaPartition: number) => void;
}

/** How much a request may hold; the publishers bound what waits. */
const batchSize = 2_000;
const batchBytes = 4 * 1_024 * 1_024;
/** Minimum time between the starts of two requests (ms). */
const intervalMs = 100;
/** How long a flow keeps its own sender after a failure (ms). */
const apartMs = 60_000;

/**
 * Sends messages to the partitions of a topic. Each partition has its own flow, so a partition that is slow or has no leader does not
 * delay the others. Requests of a flow follow one another, which keeps the order of messages with the same key. All publishers of a
 * process share the requests.
 */
export class KafkaFlows {
  private flows: readonly Flow[] | undefined;
  private opening: Promise<void> | undefined;
  private readonly stopping = new AbortController();
  private running: Promise<void>[] = [];

  constructor(private readonly ports: FlowsPorts) {}

  /** Resolves when the partitions are known. Nothing can be sent before. Their number is fixed from then on, so that keys stay in their flows. */
  async ready(): Promise<void> {
    if (this.flows !== undefined) return;
    this.opening ??= this.open().finally(() => (this.opening = undefined));
    await this.opening;
  }

  /** The number of the flow of a message. */
  flowOf(message: Outgoing): number {
    return this.ports.partitionOf(message, this.flows?.length ?? 1);
  }

  /** The number of flows. */
  get count(): number {
    return this.flows?.length ?? 0;
  }

  send(flow: number, sending: Sending): void {
    this.flows?.[flow]?.push(sending);
  }

  /** Stops after the requests in progress. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.running);
  }

  private async open(): Promise<void> {
    const count = await this.ports.countPartitions();
    const { signal } = this.stopping;
    const flows = Array.from({ length: Math.max(1, count) }, (_, n) => new Flow(this.ports, n, signal));
    this.running = flows.map((flow) => flow.run());
    this.flows = flows;
  }
}

/** The messages of one Kafka partition. */
class Flow {
  private readonly writer: BatchWriter<Sending>;
  /** Its own sender, after a recent failure: a failed request ends the connections of its sender. */
  private own: Sender | undefined;
  private failedAt = 0;

  constructor(
    private readonly ports: FlowsPorts,
    kafkaPartition: number,
    signal: AbortSignal,
  ) {
    this.writer = new BatchWriter<Sending>(
      {
        capacity: Infinity,
        batchSize,
        batchBytes,
        sizeOf: ({ message }) => message.value?.length ?? 0,
        intervalMs,
        passIntervalMs: 60_000,
        backOff: { maxMs: 1_000 },
        write: ({ items }) => this.write(items),
        isTerminal: () => false,
        onRetry: (error, attempt) => {
          if (attempt === 1) ports.onRetry(error, kafkaPartition);
        },
      },
      signal,
    );
  }

  push(sending: Sending): void {
    void this.writer.push(sending);
  }

  async run(): Promise<void> {
    await this.writer.run();
    await this.own?.close();
  }

  private async write(all: readonly Sending[]): Promise<void> {
    const items = all.filter(({ signal }) => !signal.aborted);
    if (items.length === 0) return;
    for (const { onBegin } of items) onBegin();
    try {
      await (this.own ?? this.ports).send(items.map(({ message }) => message));
    } catch (error) {
      this.failedAt = performance.now();
      this.own ??= this.ports.openSender();
      for (const { onEnd } of items) onEnd(false, error);
      throw error;
    }
    this.ports.onSent(items.length);
    for (const { onEnd } of items) onEnd(true);
    if (this.own !== undefined && performance.now() - this.failedAt > apartMs) await this.joinOthers();
  }

  private async joinOthers(): Promise<void> {
    const { own } = this;
    this.own = undefined;
    await own?.close();
  }
}
