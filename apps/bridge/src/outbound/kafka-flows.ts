import type { Outgoing } from '#messaging';
import { BatchWriter } from '#platform';

/** A message on its way to Kafka. */
export interface Sending {
  readonly message: Outgoing;
  /** Called when a request with it begins, and when that ends: it is in all replicas, or it is sent again. */
  readonly onBegin: () => void;
  readonly onEnd: (isSent: boolean) => void;
  /** Of whoever sends it: aborted, it is not begun any more. */
  readonly signal: AbortSignal;
}

/** Sends messages of one Kafka partition. */
interface Sender {
  readonly send: (messages: readonly Outgoing[]) => Promise<void>;
  readonly close: () => Promise<void>;
}

interface FlowsPorts {
  /** The sender that flows have in common. */
  readonly send: Sender['send'];
  /** A sender with connections of its own. */
  readonly openSender: () => Sender;
  /** How many partitions the topic has, as Kafka says; rejects while it does not. */
  readonly countPartitions: () => Promise<number>;
  readonly partitionOf: (message: Outgoing, partitions: number) => number;
  readonly onSent: (messages: number) => void;
  readonly onRetry: (error: unknown, kafkaPartition: number) => void;
}

/** How much a request may hold; the publishers bound what waits. */
const batchSize = 2_000;
const batchBytes = 4 * 1_024 * 1_024;
/** Least time between the starts of two requests (ms). */
const intervalMs = 100;
/** How long a flow that had a failure keeps a sender of its own (ms). */
const apartMs = 60_000;

/**
 * Sends messages to the partitions of a topic, each in a flow of its own: one that is slow or has no leader holds no other. In a
 * flow a request follows the one before it, so the messages of a key stay in their order. Messages of all publishers of a
 * process share requests.
 */
export class KafkaFlows {
  private flows: readonly Flow[] | undefined;
  private opening: Promise<void> | undefined;
  private readonly stopping = new AbortController();
  private running: Promise<void>[] = [];

  constructor(private readonly ports: FlowsPorts) {}

  /** Resolves when the partitions are known: before, nothing can be sent. Their number stays the same, so that keys stay in their flows. */
  async ready(): Promise<void> {
    if (this.flows !== undefined) return;
    this.opening ??= this.open().finally(() => (this.opening = undefined));
    await this.opening;
  }

  /** The number of the flow of a message. */
  flowOf(message: Outgoing): number {
    return this.ports.partitionOf(message, this.flows?.length ?? 1);
  }

  /** How many there are. */
  get count(): number {
    return this.flows?.length ?? 0;
  }

  send(flow: number, sending: Sending): void {
    this.flows?.[flow]?.push(sending);
  }

  /** Ends after the requests under way. */
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
  /** While it has failed lately: what fails ends the connections that it is sent on. */
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
        onWritten: () => undefined,
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
      for (const { onEnd } of items) onEnd(false);
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
