import type { Consumer, Kafka } from 'kafkajs';
import type { Outgoing } from '#messaging';
import {
  inquiryReplyType,
  inquiryRequestSchema,
  schemaError,
  Publisher,
  readCloudEvent,
  repliesTopic,
  requestsTopic,
  sendingLeft,
  writeCloudEvent,
} from '#messaging';
import { retry, sleep } from '#platform';
import type { Answer } from './answers.ts';
import type { Said } from './said.ts';
import { logLine, say } from './said.ts';

/** The behaviour of a service, as shares from 0 to 1. */
export interface Behaviour {
  /** Mean latency of an answer, in milliseconds; each takes between half and one and a half of it. */
  readonly latencyMs: number;
  readonly failureRate: number;
  readonly duplicates: number;
  /** Requests that are never answered. */
  readonly silence: number;
  /** The share of requests answered after the deadline, and by how much. */
  readonly late: number;
  readonly lateMs: number;
}

export const wellBehaved: Behaviour = {
  latencyMs: 150,
  failureRate: 0,
  duplicates: 0,
  silence: 0,
  late: 0,
  lateMs: 1_000,
};

interface ServiceOptions {
  readonly kafka: Kafka;
  readonly source: string;
  readonly answer: Answer;
  readonly behaviour: Behaviour;
  readonly random?: () => number;
  /** The consumer group; services with the same one share the requests. */
  readonly groupId?: string;
  /** Selects the requests that it answers; by default all. It leaves others to another service. */
  readonly isMine?: (request: RequestData['request']) => boolean;
  /** Whether a new consumer group also gets existing requests. */
  readonly fromBeginning?: boolean;
  /** Called with a line for each request. */
  readonly onAnswer?: (line: string) => void;
}

/** The number of sent replies by kind; `silent` counts unanswered requests. */
export interface Sent {
  replies: number;
  duplicates: number;
  late: number;
  failures: number;
  silent: number;
}

/** How long sending is retried while Kafka is unavailable. */
const sendTimeoutMs = 90_000;

interface RequestData {
  readonly inquiry_id: string;
  readonly session_id: string;
  readonly attempt: number;
  readonly deadline: string;
  readonly request: { readonly [field: string]: unknown };
}

/** A service that answers inquiries: it consumes its requests topic and publishes to the replies topic. */
export class SampleService {
  readonly sent: Sent = { replies: 0, duplicates: 0, late: 0, failures: 0, silent: 0 };
  /** The ids of all replies, as the bridge knows them, and of those sent after the deadline. */
  readonly replyIds: string[] = [];
  readonly lateIds: string[] = [];
  /** How requests violate their schema. */
  readonly invalidRequests: string[] = [];
  /** Called when an answer is sent. */
  onSent: ((sessionId: string, at: number) => void) | undefined;
  private readonly publisher: Publisher;
  private readonly consumer: Consumer;
  private readonly pending = new Set<Promise<void>>();
  private unsent: Outgoing[] = [];
  private flushing: Promise<void> | undefined;

  constructor(private readonly options: ServiceOptions) {
    const { kafka, source, groupId = `sample-service.${source}` } = options;
    this.publisher = new Publisher(kafka);
    this.consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 200 });
  }

  async start(): Promise<void> {
    const { source, fromBeginning = false } = this.options;
    await this.consumer.connect();
    await this.consumer.subscribe({ topic: requestsTopic(source), fromBeginning });
    await this.consumer.run({
      partitionsConsumedConcurrently: 8,
      eachMessage: async ({ message }) => {
        const data = readCloudEvent(message).data as RequestData;
        if (this.options.isMine?.(data.request) === false) return;
        const work = this.reply(data);
        this.pending.add(work);
        void work.finally(() => this.pending.delete(work));
      },
    });
  }

  async stop(): Promise<void> {
    await this.consumer.disconnect();
    await this.publisher.close();
  }

  /** Resolves when all requests received so far are answered. */
  async settled(): Promise<void> {
    while (this.pending.size > 0) await Promise.all(this.pending);
  }

  private async reply(data: RequestData): Promise<void> {
    const { answer, behaviour, source, random = Math.random, onAnswer } = this.options;
    const { latencyMs, failureRate, duplicates, silence, late, lateMs } = behaviour;
    const error = schemaError(inquiryRequestSchema, data);
    if (error !== undefined) this.invalidRequests.push(error);
    const name = `${source} ${JSON.stringify(data.request)}`;
    const fate = random();
    if (fate < silence) {
      this.sent.silent += 1;
      onAnswer?.(logLine(name, undefined, { late: false, times: 0 }));
      return;
    }
    const isLate = fate < silence + late;
    const wait = isLate ? Date.parse(data.deadline) - Date.now() + lateMs : latencyMs * (0.5 + random());
    await sleep(Math.max(0, wait));
    const failed = random() < failureRate;
    const said = say(answer(data.request), { failed });
    const times = random() < duplicates ? 2 : 1;
    this.onSent?.(data.session_id, performance.timeOrigin + performance.now());
    for (let copy = 1; copy <= times; copy += 1) {
      const id = `${data.inquiry_id}:${data.attempt}:${copy}`;
      this.replyIds.push(`/${source}/${id}`);
      if (isLate) this.lateIds.push(`/${source}/${id}`);
      await this.send(this.message(data, said, id));
    }
    this.count(said, isLate, times);
    onAnswer?.(logLine(name, said, { late: isLate, times }));
  }

  private count({ status }: Said, late: boolean, times: number): void {
    this.sent.replies += 1;
    if (status === 'failed') this.sent.failures += 1;
    if (late) this.sent.late += 1;
    this.sent.duplicates += times - 1;
  }

  private message(data: RequestData, said: Said, id: string): Outgoing {
    const { source } = this.options;
    const { inquiry_id, session_id, attempt } = data;
    const event = {
      specversion: '1.0',
      id,
      source: `/${source}`,
      type: inquiryReplyType,
      time: new Date().toISOString(),
      datacontenttype: 'application/json',
      data: { inquiry_id, session_id, source, attempt, ...said },
    } as const;
    return { topic: repliesTopic, ...writeCloudEvent(event, session_id) };
  }

  private async send(message: Outgoing): Promise<void> {
    this.unsent.push(message);
    this.flushing ??= this.flush();
    await this.flushing;
  }

  /** Sends the unsent replies in one batch. */
  private async flush(): Promise<void> {
    await sleep(1);
    this.flushing = undefined;
    const messages = this.unsent;
    this.unsent = [];
    await retry(sendingLeft(this.publisher, messages), { signal: AbortSignal.timeout(sendTimeoutMs) });
  }
}
